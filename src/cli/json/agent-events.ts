import type { AgentEvents } from '../../agent/events.js';
import type { WatchedAgent } from '../../create-agent.js';
import { agentEvents } from '../../events/agent-events.js';
import type { EventOf } from '../../events/event-types.js';
import { writeFields } from '../../events/write-fields.js';
import { asInAgentFile } from '../spelling.js';

const NAMES = Object.keys(agentEvents).filter((name) => name !== 'error') as (keyof AgentEvents)[];

/** What `agent --json` prints: the agent's events, one by one, in the order they happen (docs/events.md). Hints are for the owner of the agent file. */
export function tellPrograms(agent: WatchedAgent, print: (event: string, fields: object) => void): void {
  for (const name of NAMES) {
    const tell = (event: EventOf<(typeof agentEvents)[typeof name]>) => {
      const { hint, ...fields } = event as { readonly hint?: string };
      const spelled = hint === undefined ? event : { ...fields, hint: asInAgentFile(hint) };
      print(name, writeFields(agentEvents[name] as (typeof agentEvents)['warning'], spelled as never));
    };
    agent.on(name, tell as never);
  }
}
