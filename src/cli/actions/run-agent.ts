import { LayercastError } from '../../base/errors.js';
import { systemClock } from '../../base/system-clock.js';
import { createAgent } from '../../create-agent.js';
import { loadAgentFile } from '../../options/agent-file.js';
import { AGENT_OPTIONS, type AgentOptions } from '../../options/agent-options.js';
import { AGENT_FILE } from '../command-options.js';
import { interruptible } from '../interrupt.js';
import { type Flags, settle } from '../settings.js';
import { workHere } from '../this-thread.js';
import { AgentReloads } from './agent-reloads.js';
import { AgentShow } from './show-agent.js';
import { readTrustedKey } from './trusted-key.js';

/**
 * `layercast agent`: runs an agent, and shows its events on stderr or prints them as JSON on stdout. SIGHUP has another agent go on with what the
 * agent file says then.
 */
export async function runAgent(flags: Flags): Promise<void> {
  const { config } = settle(AGENT_FILE, flags, process.env);
  if (config === undefined) {
    throw new LayercastError('USAGE', 'no agent file was named', { hint: 'Name it: layercast agent agent.yaml' });
  }
  const read = () => optionsOf(config, flags);
  using reloads = new AgentReloads(read);
  const first = await read();
  using show = await AgentShow.prepare(flags, 'agent');
  // This thread has nothing else to do.
  const clock = workHere(systemClock);
  await interruptible(async (signal) => {
    await using _ = await show.openMetrics();
    await reloads.run(first, (options) => {
      const agent = createAgent({ ...options, signal, clock });
      show.follow(agent, signal);
      return agent;
    });
  });
}

async function optionsOf(config: string, flags: Flags): Promise<AgentOptions> {
  const file = await loadAgentFile(config);
  const settings = settle(AGENT_OPTIONS, flags, process.env, file);
  const { fleet, subscribe, wake, mqtt, coap } = file;
  return { ...settings, fleet, subscribe, wake, mqtt, coap, key: await readTrustedKey(settings.key ?? file.key) };
}
