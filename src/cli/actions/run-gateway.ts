import { resolve } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import { systemClock } from '../../base/system-clock.js';
import { readKeyText } from '../../config/read-text.js';
import { ServiceManager } from '../../device/service-manager.js';
import { Gateway, gatewayOutput } from '../../engine/gateway.js';
import { checkAgentOptions } from '../../options/check-agent-options.js';
import { loadGatewayFile } from '../../options/gateway-file.js';
import { GATEWAY_OPTIONS } from '../../options/gateway-options.js';
import { isRootText } from '../../trust/root-armour.js';
import { publicKeyFrom } from '../../wire/signature.js';
import { GATEWAY_FILE } from '../command-options.js';
import { tellPeople } from '../display/agent-display.js';
import { interruptible } from '../interrupt.js';
import { printEvent } from '../json/print-event.js';
import { type Flags, settle } from '../settings.js';
import { addressOf, watching } from '../watching.js';
import { tellServiceManager } from './agent-service.js';

/** Where objects are kept unless told otherwise. */
const FOLDER = 'gateway';

/** `layercast gateway`: receives as an agent, serves by HTTP, and shows the events of the agent on stderr or prints them as JSON on stdout. */
export async function runGateway(flags: Flags): Promise<void> {
  const { config } = settle(GATEWAY_FILE, flags, process.env);
  if (config === undefined) {
    throw new LayercastError('USAGE', 'missing --config (the gateway file)', { hint: 'Add --config gateway.yaml' });
  }
  const file = await loadGatewayFile(config);
  const {
    listen,
    clientCount,
    waitMs,
    folder = FOLDER,
    ...settings
  } = settle(GATEWAY_OPTIONS, flags, process.env, file);
  const address = addressOf(listen, '--listen', 8080);
  const keyPath = settings.key ?? file.key;
  const keyText = await readKeyText(keyPath);
  const key = isRootText(keyText) ? keyText : publicKeyFrom(keyText, keyPath);
  const output = gatewayOutput(resolve(folder));
  const subscribe = file.objects.map((object) => ({ object, output, fill: file.fill }));
  const agent = checkAgentOptions({ ...settings, fleet: file.fleet, key, subscribe });
  // Only JSON needs the declarations of events.
  const json = flags.json ? await import('../json/agent-events.js') : undefined;
  const watched = await watching(flags, async () => {
    const { AgentMetrics } = await import('../../metrics/agent-metrics.js');
    return new AgentMetrics();
  });
  using manager = await ServiceManager.find(process.env);
  await interruptible(async (signal) => {
    const options = { agent, folder: resolve(folder), http: { ...address, clientCount, waitMs } };
    const gateway = new Gateway(options, systemClock);
    watched?.figures.follow(gateway);
    if (json !== undefined) json.tellPrograms(gateway, printEvent);
    else tellPeople(gateway);
    if (manager !== undefined) tellServiceManager(gateway, manager, signal);
    await using _ = await watched?.show();
    await gateway.run(signal, (url) => process.stderr.write(`objects at ${url}/objects\n`));
  });
}
