import type { EventOf } from '../../events/event-types.js';
import { iotupdEvents } from '../../events/iotupd-events.js';
import { writeFields } from '../../events/write-fields.js';

type Events = typeof iotupdEvents;

/** Prints an event of `fetch --json` from servers of iotupd (docs/events.md). */
export function tell<Name extends keyof Events>(
  name: Name,
  event: EventOf<Events[Name]>,
  print: (event: string, fields: object) => void,
): void {
  print(name, writeFields(iotupdEvents[name], event));
}
