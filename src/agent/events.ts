import type { agentEvents } from '../events/agent-events.js';
import type { EventOf } from '../events/event-types.js';

type Event<Name extends keyof typeof agentEvents> = (event: EventOf<(typeof agentEvents)[Name]>) => void;

/**
 * The events of an agent, in the order in which things happen. Names and fields are those of `agent --json`; docs/events.md says what each
 * field means, and src/events/agent-events.ts declares them.
 */
export type AgentEvents = { readonly [Name in Exclude<keyof typeof agentEvents, 'error'>]: Event<Name> };

/** An object of the device is in another state. */
export interface AgentStateEvent extends EventOf<typeof agentEvents.state> {}

/** What a person should know of the device's objects. */
export interface AgentWarningEvent extends EventOf<typeof agentEvents.warning> {}
