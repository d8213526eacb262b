import { agentEvents } from './agent-events.js';
import type { EventOf } from './event-types.js';
import { event, name } from './fields.js';

/** The events of `gateway --json`, by name: those of an agent, and its own. */
export const gatewayEvents = {
  ...agentEvents,
  serving: event('Clients can ask for objects; once for each protocol.', {
    url: name('Where: `http://127.0.0.1:8080`, `coap://127.0.0.1:5683`.'),
  }),
};

/** The events of a gateway, in the order in which things happen, with the names and fields of `gateway --json`. */
export type GatewayEvents = {
  readonly [Name in Exclude<keyof typeof gatewayEvents, 'error'>]: (
    event: EventOf<(typeof gatewayEvents)[Name]>,
  ) => void;
};
