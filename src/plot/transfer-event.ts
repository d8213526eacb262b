import type { ReadEvent } from '../events/event-types.js';
import { MAX_LEVEL, perChannel, record, whole } from '../events/fields.js';
import { lineReader } from '../events/read-line.js';
import { intervalUs } from '../events/shared-fields.js';
import { simulateEvents } from '../events/simulate-events.js';

const { descriptor, join, leave, progress, complete, link, flow } = simulateEvents;

/** `fetch` has one receiver, without a name. */
const receiver = progress.shape.receiver.default('');
const change = { receiver, reason: join.shape.reason.default('') };

/**
 * The events and fields that pictures are drawn from, of `simulate --json` and of `fetch --json`. Other fields are not read, and
 * those that older logs do not have may be missing.
 */
const drawn = {
  descriptor: descriptor
    .pick({ fleet: true, object: true, version: true, mode: true })
    .extend({ channels: perChannel(record({ intervalUs }), 'The channels of the ladder.') })
    .partial({ version: true, mode: true, channels: true }),
  join: join.pick({ channel: true }).extend(change),
  leave: leave.pick({ channel: true }).extend(change),
  progress: progress
    .pick({
      levelCount: true,
      rateBitsPerSecond: true,
      lossRatio: true,
      levelRateBitsPerSecond: true,
      queueMs: true,
      capacityBitsPerSecond: true,
    })
    .partial({ levelCount: true, levelRateBitsPerSecond: true, queueMs: true, capacityBitsPerSecond: true })
    // In a line without `levelCount` this is the index of the highest joined channel, −1 for none.
    .extend({ receiver, level: whole(-1, MAX_LEVEL, 'Level.') }),
  complete: complete.pick({}).extend({ receiver }),
  link: link
    .pick({ link: true, capacityBitsPerSecond: true, queueMs: true, lossRatio: true })
    .partial({ capacityBitsPerSecond: true }),
  flow: flow.pick({ flow: true, rateBitsPerSecond: true }),
};

/** What a picture of a transfer is drawn from. */
export type TransferEvent = ReadEvent<typeof drawn>;

type Named<Name extends TransferEvent['event']> = Extract<TransferEvent, { readonly event: Name }>;
export type Described = Named<'descriptor'>;
export type Change = Named<'join' | 'leave'>;
export type Sample = Named<'progress'>;
export type LinkSample = Named<'link'>;
export type FlowSample = Named<'flow'>;

/** Reads a parsed line. @returns the event, or a text that says what is wrong; undefined for an event that is not drawn. */
export const readTransferEvent: (line: unknown) => TransferEvent | string | undefined = lineReader(drawn);
