import { resolve } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import { systemClock } from '../../base/system-clock.js';
import { Gateway, gatewayOutput } from '../../engine/gateway.js';
import { checkAgentOptions } from '../../options/check-agent-options.js';
import { loadGatewayFile } from '../../options/gateway-file.js';
import { GATEWAY_OPTIONS } from '../../options/gateway-options.js';
import { GATEWAY_FILE } from '../command-options.js';
import { interruptible } from '../interrupt.js';
import { type Flags, settle } from '../settings.js';
import { addressOf } from '../watching.js';
import { AgentShow } from './show-agent.js';
import { readTrustedKey } from './trusted-key.js';

/** Where objects are kept unless told otherwise. */
const FOLDER = 'gateway';

/** `layercast gateway`: receives as an agent, serves by HTTP and CoAP, and shows the events of the agent on stderr or prints them as JSON on stdout. */
export async function runGateway(flags: Flags): Promise<void> {
  const { config } = settle(GATEWAY_FILE, flags, process.env);
  if (config === undefined) {
    throw new LayercastError('USAGE', 'missing --config (the gateway file)', { hint: 'Add --config gateway.yaml' });
  }
  const file = await loadGatewayFile(config);
  const {
    listen,
    coap,
    clientCount,
    waitMs,
    folder = FOLDER,
    ...settings
  } = settle(GATEWAY_OPTIONS, flags, process.env, file);
  const address = addressOf(listen, '--listen', 8080);
  const coapAddress = coap === undefined ? undefined : addressOf(coap, '--coap', 5683);
  const key = await readTrustedKey(settings.key ?? file.key);
  const output = gatewayOutput(resolve(folder));
  const subscribe = file.objects.map((object) => ({ object, output, fill: file.fill }));
  const agent = checkAgentOptions({ ...settings, fleet: file.fleet, key, subscribe });
  using show = await AgentShow.prepare(flags);
  await interruptible(async (signal) => {
    const options = { agent, folder: resolve(folder), http: { ...address, clientCount, waitMs }, coap: coapAddress };
    const gateway = new Gateway(options, systemClock);
    show.follow(gateway, signal);
    await using _ = await show.openMetrics(async () => {
      const { gatewayMetrics } = await import('../../metrics/gateway-metrics.js');
      return gatewayMetrics(() => gateway);
    });
    await gateway.run(signal, (url) =>
      process.stderr.write(`objects at ${url}${url.startsWith('coap:') ? '/fw' : '/objects'}\n`),
    );
  });
}
