import { LayercastError } from '../../base/errors.js';
import { systemClock } from '../../base/system-clock.js';
import { readKeyText } from '../../config/read-text.js';
import { createAgent } from '../../create-agent.js';
import { ServiceManager } from '../../device/service-manager.js';
import { loadAgentFile } from '../../options/agent-file.js';
import { AGENT_OPTIONS } from '../../options/agent-options.js';
import { isRootText } from '../../trust/root-armour.js';
import { publicKeyFrom } from '../../wire/signature.js';
import { AGENT_FILE } from '../command-options.js';
import { tellPeople } from '../display/agent-display.js';
import { interruptible } from '../interrupt.js';
import { printEvent } from '../json/print-event.js';
import { type Flags, settle } from '../settings.js';
import { watching } from '../watching.js';
import { tellServiceManager } from './agent-service.js';

/** `layercast agent`: runs an agent, and shows its events on stderr or prints them as JSON on stdout. */
export async function runAgent(flags: Flags): Promise<void> {
  const { config } = settle(AGENT_FILE, flags, process.env);
  if (config === undefined) {
    throw new LayercastError('USAGE', 'missing --config (the agent file)', { hint: 'Add --config agent.yaml' });
  }
  const file = await loadAgentFile(config);
  const settings = settle(AGENT_OPTIONS, flags, process.env, file);
  const { fleet, subscribe, wake } = file;
  const keyPath = settings.key ?? file.key;
  const keyText = await readKeyText(keyPath);
  const key = isRootText(keyText) ? keyText : publicKeyFrom(keyText, keyPath);
  // Only JSON needs the declarations of events.
  const json = flags.json ? await import('../json/agent-events.js') : undefined;
  const watched = await watching(flags, async () => {
    const { AgentMetrics } = await import('../../metrics/agent-metrics.js');
    return new AgentMetrics();
  });
  using manager = await ServiceManager.find(process.env);
  await interruptible(async (signal) => {
    // With a clock of its own the agent works in this thread, which has nothing else to do: a thread more would take 10 MB.
    await using agent = createAgent({ ...settings, fleet, subscribe, wake, key, signal, clock: systemClock });
    watched?.figures.follow(agent);
    if (json !== undefined) json.tellPrograms(agent, printEvent);
    else tellPeople(agent);
    if (manager !== undefined) tellServiceManager(agent, manager, signal);
    await using _ = await watched?.show();
    await agent.done;
  });
}
