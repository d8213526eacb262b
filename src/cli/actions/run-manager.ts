import { systemClock } from '../../base/system-clock.js';
import { readKeyText, readText } from '../../config/read-text.js';
import { ServiceManager } from '../../device/service-manager.js';
import { runManagerService, THIS_HOST } from '../../engine/manager-service.js';
import { readTokens } from '../../manager/http/authority.js';
import type { Manager } from '../../manager/manager.js';
import { loadManagerFile, type ManagerFile, type ManagerTls } from '../../options/manager-file.js';
import { MANAGER_OPTIONS } from '../../options/manager-options.js';
import { defaultStateDir } from '../../store/state-dir.js';
import { MANAGER_FILE } from '../command-options.js';
import { detailOf } from '../detail.js';
import { interruptible } from '../interrupt.js';
import { type Flags, settle } from '../settings.js';
import { version } from '../version.js';
import { addressOf } from '../watching.js';

/** `layercast manager`: runs until a signal ends it, and says on stderr where it listens and what goes wrong. */
export async function runManager(flags: Flags): Promise<void> {
  const detail = detailOf(flags);
  const { config } = settle(MANAGER_FILE, flags, process.env);
  const file: ManagerFile = config === undefined ? {} : await loadManagerFile(config);
  const { coap, listen, clientCount, tokens, stateDir, ...settings } = settle(
    MANAGER_OPTIONS,
    flags,
    process.env,
    file,
  );
  const http = {
    ...addressOf(listen, '--listen', 8090),
    clientCount,
    tokens: tokens === undefined ? [] : readTokens(await readKeyText(tokens), tokens),
    names: file.tls?.names ?? [],
    tls: file.tls && (await readTls(file.tls)),
  };
  const options = {
    ...settings,
    stateDir: stateDir ?? defaultStateDir(),
    allow: file.allow ?? THIS_HOST,
    coap: addressOf(coap, '--coap', 5683),
    http,
    metrics: metricsOf,
  };
  using service = await ServiceManager.find(process.env);
  await interruptible(async (signal) => {
    signal.addEventListener('abort', () => service?.stopping(), { once: true });
    const write = (text: string) => process.stderr.write(`${text}\n`);
    const say = detail === 'quiet' ? () => undefined : write;
    const callbacks = {
      onManager: (manager: Manager) => {
        manager.on('warning', (message) => write(`warning: ${message}`));
        if (detail === 'verbose') tellTriggers(manager, say);
      },
      onListening: ({ coap: directory, http: url }: { readonly coap: string; readonly http: string }) => {
        say(`devices register at ${directory}\ndevices at ${url}/devices\npage at ${url}/`);
        service?.ready();
      },
      onWaiting: say,
    };
    await runManagerService(options, callbacks, systemClock, signal);
  });
}

function tellTriggers(manager: Manager, say: (text: string) => void): void {
  manager.on('trigger', ({ device, object, attemptCount }, result, why) => {
    const become =
      result ?? (attemptCount === 0 ? 'waits until the device can be reached' : `sent, attempt ${attemptCount}`);
    say(
      `${device}: trigger${object === undefined ? '' : ` for ${object}`}: ${become}${why === undefined ? '' : `: ${why}`}`,
    );
  });
  manager.on('forgotten', (device) => say(`${device}: forgotten`));
}

async function readTls({ certificate, key, clients }: ManagerTls) {
  return {
    certificate: await readText(certificate),
    key: await readKeyText(key),
    clients: clients === undefined ? undefined : await readText(clients),
  };
}

/** The library of metrics is loaded when somebody asks for the first time. */
function metricsOf(manager: Manager, { counts }: { readonly counts: import('../../coap/bounds.js').CoapCounts }) {
  let exposition: import('../../metrics/exposition.js').Exposition | undefined;
  return async () => {
    if (exposition === undefined) {
      const { Exposition } = await import('../../metrics/exposition.js');
      const { managerMetrics } = await import('../../metrics/manager-metrics.js');
      const { processMetrics } = await import('../../metrics/process-metrics.js');
      exposition = new Exposition([...managerMetrics(manager, counts), ...processMetrics(version())]);
    }
    return { type: exposition.contentType, text: await exposition.text() };
  };
}
