import { comparedText } from '../../config/compared-text.js';
import type { EventOf } from '../../events/event-types.js';
import type { fetchEvents } from '../../events/fetch-events.js';

type Membership = EventOf<typeof fetchEvents.join>;

/** A join or leave as a line: `joins channel 3 of alpha: level 2 → 3: the preview found room (next 4 Mbit/s)`. */
export function decisionText(kind: 'join' | 'leave', { channel, server, reason, compared }: Membership): string {
  const from = server ? ` of ${server}` : '';
  const numbers = compared === undefined ? '' : ` (${comparedText(compared)})`;
  return `${kind === 'join' ? 'joins' : 'leaves'} channel ${channel}${from}: ${reason}${numbers}`;
}
