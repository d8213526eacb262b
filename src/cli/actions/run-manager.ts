import { systemClock } from '../../base/system-clock.js';
import { ServiceManager } from '../../device/service-manager.js';
import { type ListeningService, runManagerService } from '../../engine/manager-service.js';
import type { Manager } from '../../manager/manager.js';
import { detailOf } from '../detail.js';
import { say as write } from '../display/say.js';
import { interruptible } from '../interrupt.js';
import { reasonOf } from '../reason.js';
import type { Flags } from '../settings.js';
import { version } from '../version.js';
import { readManagerSettings, refuseRestartOnly } from './manager-settings.js';
import { onHangup } from './on-hangup.js';

/**
 * `layercast manager`: runs until a signal ends it, and says on stderr where it listens and what goes wrong. SIGHUP has it go on with what the manager
 * file says then.
 */
export async function runManager(flags: Flags): Promise<void> {
  const detail = detailOf(flags);
  const say = detail === 'quiet' ? () => undefined : write;
  let onListening: (service: ListeningService) => void = () => undefined;
  const listening = new Promise<ListeningService>((resolve) => {
    onListening = resolve;
  });
  using _ = onHangup(async () => {
    // What was read before may be older than the signal.
    const service = await listening;
    try {
      const next = await readManagerSettings(flags);
      refuseRestartOnly(settings, next);
      service.renew(next);
      say('the settings were read again');
    } catch (error) {
      const { message, hint } = reasonOf(error);
      write(`warning: the old settings stay: ${message}${hint === undefined ? '' : `\n  ${hint}`}`);
    }
  });
  const settings = await readManagerSettings(flags);
  using service = await ServiceManager.find(process.env);
  await interruptible(async (signal) => {
    signal.addEventListener('abort', () => service?.stopping(), { once: true });
    const callbacks = {
      onManager: (manager: Manager) => {
        manager.on('warning', (message) => write(`warning: ${message}`));
        if (detail === 'verbose') tellTriggers(manager, say);
      },
      onListening: (listening: ListeningService) => {
        const { coap, http } = listening;
        if (detail !== 'quiet')
          process.stderr.write(`devices register at ${coap}\ndevices at ${http}/devices\npage at ${http}/\n`);
        service?.ready();
        onListening(listening);
      },
      onWaiting: say,
    };
    await runManagerService({ ...settings, metrics: metricsOf }, callbacks, systemClock, signal);
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
