import { LayercastError } from '../../base/errors.js';
import { systemClock } from '../../base/system-clock.js';
import { createGateway, type Gateway } from '../../create-gateway.js';
import { loadGatewayFile } from '../../options/gateway-file.js';
import { GATEWAY_OPTIONS, type GatewayOptions } from '../../options/gateway-options.js';
import { GATEWAY_FILE } from '../command-options.js';
import { interruptible } from '../interrupt.js';
import { printEvent } from '../json/print-event.js';
import { type Flags, settle } from '../settings.js';
import { workHere } from '../this-thread.js';
import { addressOf } from '../watching.js';
import { AgentReloads, type ReloadedAgent } from './agent-reloads.js';
import { AgentShow } from './show-agent.js';
import { readTrustedKey } from './trusted-key.js';

/**
 * `layercast gateway`: receives as an agent, serves by HTTP and CoAP, and shows its events on stderr or prints them as JSON on stdout. SIGHUP has
 * another gateway go on with what the gateway file says then.
 */
export async function runGateway(flags: Flags): Promise<void> {
  const { config } = settle(GATEWAY_FILE, flags, process.env);
  if (config === undefined) {
    throw new LayercastError('USAGE', 'no gateway file was named', { hint: 'Name it: layercast gateway gateway.yaml' });
  }
  const read = () => optionsOf(config, flags);
  using reloads = new AgentReloads(read);
  const first = await read();
  using show = await AgentShow.prepare(flags, 'gateway');
  // This thread has nothing else to do.
  const clock = workHere(systemClock);
  await interruptible(async (signal) => {
    let newest: Gateway | undefined;
    await using _ = await show.openMetrics(async () => {
      const { gatewayMetrics } = await import('../../metrics/gateway-metrics.js');
      return gatewayMetrics(() => newest?.status());
    });
    await reloads.run(first, (options) => {
      const gateway = createGateway({ ...options, signal, clock });
      newest = gateway;
      const agent = gateway as ReloadedAgent;
      show.follow(agent, signal);
      tellAddresses(gateway, flags);
      return agent;
    });
  });
}

async function optionsOf(config: string, flags: Flags): Promise<GatewayOptions> {
  const file = await loadGatewayFile(config);
  const settings = settle(GATEWAY_OPTIONS, flags, process.env, file);
  // Here the faults of addresses name flags.
  addressOf(settings.listen, '--listen', 8080);
  if (settings.coap !== undefined) addressOf(settings.coap, '--coap', 5683);
  const { fleet, objects, fill } = file;
  return { ...settings, fleet, objects, fill, key: await readTrustedKey(settings.key ?? file.key) };
}

function tellAddresses(gateway: Gateway, { json, quiet }: Flags): void {
  gateway.on('serving', (event) => {
    if (json) printEvent('serving', event);
    if (quiet !== true)
      process.stderr.write(`objects at ${event.url}${event.url.startsWith('coap:') ? '/fw' : '/objects'}\n`);
  });
}
