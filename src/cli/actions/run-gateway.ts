import { LayercastError } from '../../base/errors.js';
import { systemClock } from '../../base/system-clock.js';
import type { WatchedAgent } from '../../create-agent.js';
import { createGateway } from '../../create-gateway.js';
import { loadGatewayFile } from '../../options/gateway-file.js';
import { GATEWAY_OPTIONS } from '../../options/gateway-options.js';
import { GATEWAY_FILE } from '../command-options.js';
import { interruptible } from '../interrupt.js';
import { printEvent } from '../json/print-event.js';
import { type Flags, settle } from '../settings.js';
import { addressOf } from '../watching.js';
import { AgentShow } from './show-agent.js';
import { readTrustedKey } from './trusted-key.js';

/** `layercast gateway`: receives as an agent, serves by HTTP and CoAP, and shows its events on stderr or prints them as JSON on stdout. */
export async function runGateway(flags: Flags): Promise<void> {
  const { config } = settle(GATEWAY_FILE, flags, process.env);
  if (config === undefined) {
    throw new LayercastError('USAGE', 'no gateway file was named', { hint: 'Name it: layercast gateway gateway.yaml' });
  }
  const file = await loadGatewayFile(config);
  const settings = settle(GATEWAY_OPTIONS, flags, process.env, file);
  // Here the faults of addresses name flags.
  addressOf(settings.listen, '--listen', 8080);
  if (settings.coap !== undefined) addressOf(settings.coap, '--coap', 5683);
  const { fleet, objects, fill } = file;
  const options = { ...settings, fleet, objects, fill, key: await readTrustedKey(settings.key ?? file.key) };
  using show = await AgentShow.prepare(flags, 'gateway');
  await interruptible(async (signal) => {
    // With a clock of its own the gateway works in this thread, which has nothing else to do: a thread more would take 10 MB.
    await using gateway = createGateway({ ...options, signal, clock: systemClock });
    show.follow(gateway as WatchedAgent, signal);
    gateway.on('serving', (event) => {
      if (flags.json) printEvent('serving', event);
      if (flags.quiet !== true)
        process.stderr.write(`objects at ${event.url}${event.url.startsWith('coap:') ? '/fw' : '/objects'}\n`);
    });
    await using _ = await show.openMetrics(async () => {
      const { gatewayMetrics } = await import('../../metrics/gateway-metrics.js');
      return gatewayMetrics(() => gateway.status());
    });
    await gateway.done;
  });
}
