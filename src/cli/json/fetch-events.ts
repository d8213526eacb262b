import type { Receiver } from '../../create-receiver.js';
import { descriptionOf } from '../../events/description.js';
import type { EventOf } from '../../events/event-types.js';
import { fetchEvents } from '../../events/fetch-events.js';
import { writeFields } from '../../events/write-fields.js';

/** What `fetch --json` prints: the receiver's events, one by one, in the order they happen (docs/events.md). */
export function tellPrograms(receiver: Receiver, print: (event: string, fields: object) => void): void {
  const tell = <Name extends keyof typeof fetchEvents>(name: Name, event: EventOf<(typeof fetchEvents)[Name]>) =>
    print(name, writeFields(fetchEvents[name], event));
  receiver.on('descriptor', ({ descriptor, resumedBytes }) =>
    tell('descriptor', { ...descriptionOf(descriptor), resumedBytes }),
  );
  receiver.on('waiting', (event) => tell('waiting', event));
  receiver.on('listening', (event) => tell('listening', event));
  receiver.on('seed', (event) => tell('seed', event));
  receiver.on('fill', (event) => tell('fill', event));
  receiver.on('join', (event) => tell('join', event));
  receiver.on('leave', (event) => tell('leave', event));
  receiver.on('progress', (event) => tell('progress', event));
  receiver.on('warning', (event) => tell('warning', event));
  receiver.on('complete', (event) => tell('complete', event));
}
