import type { Sender } from '../../create-sender.js';
import type { EventOf } from '../../events/event-types.js';
import { serveEvents } from '../../events/serve-events.js';
import { writeFields } from '../../events/write-fields.js';
import { reasonOf } from '../reason.js';

/** What `serve --json` prints: the sender's events, one by one, in the order they happen (docs/events.md). */
export function tellPrograms(sender: Sender, print: (event: string, fields: object) => void): void {
  const tell = <Name extends keyof typeof serveEvents>(name: Name, event: EventOf<(typeof serveEvents)[Name]>) =>
    print(name, writeFields(serveEvents[name], event));
  sender.on('hashing', (event) => tell('hashing', event));
  sender.on('encoding', (event) => tell('encoding', event));
  sender.on('publish', (event) => tell('publish', event));
  sender.on('withdraw', ({ error, ...event }) =>
    tell('withdraw', error === undefined ? event : { ...event, ...reasonOf(error) }),
  );
  sender.on('refuse', ({ error, ...event }) => tell('refuse', { ...event, ...reasonOf(error) }));
  sender.on('waiting', (event) => tell('waiting', event));
  sender.on('warning', (event) => tell('warning', event));
  sender.on('idle', (event) => tell('idle', event));
  sender.on('pause', (event) => tell('pause', event));
  sender.on('network', (event) => tell('network', event));
}
