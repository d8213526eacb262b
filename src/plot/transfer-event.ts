import type { ReadEvent } from '../events/event-types.js';
import { MAX_LEVEL, optional, perChannel, record, whole, withDefault } from '../events/fields.js';
import { lineReader } from '../events/read-line.js';
import { intervalUs } from '../events/shared-fields.js';
import { simulateEvents } from '../events/simulate-events.js';

const { descriptor, join, leave, progress, link, flow } = simulateEvents;

/** `fetch` has one receiver, without a name. */
const receiver = withDefault(progress.fields.receiver, '');
const reason = withDefault(join.fields.reason, '');
const { compared } = join.fields;

/**
 * The events and fields that pictures are drawn from, of `simulate --json` and of `fetch --json`. Other fields are not read, and
 * those that older logs do not have may be missing.
 */
const drawn = {
  descriptor: record({
    fleet: descriptor.fields.fleet,
    object: descriptor.fields.object,
    version: optional(descriptor.fields.version),
    mode: optional(descriptor.fields.mode),
    channels: optional(perChannel(record({ intervalUs }), 'The channels of the ladder.')),
  }),
  join: record({ channel: join.fields.channel, receiver, reason, compared }),
  leave: record({ channel: leave.fields.channel, receiver, reason, compared }),
  progress: record({
    levelCount: optional(progress.fields.levelCount),
    rateBitsPerSecond: progress.fields.rateBitsPerSecond,
    lossRatio: progress.fields.lossRatio,
    levelRateBitsPerSecond: optional(progress.fields.levelRateBitsPerSecond),
    queueMs: optional(progress.fields.queueMs),
    capacityBitsPerSecond: optional(progress.fields.capacityBitsPerSecond),
    receiver,
    // In a line without `levelCount` this is the index of the highest joined channel, −1 for none.
    level: whole(-1, MAX_LEVEL, 'Level.'),
  }),
  complete: record({ receiver }),
  link: record({
    link: link.fields.link,
    capacityBitsPerSecond: optional(link.fields.capacityBitsPerSecond),
    queueMs: link.fields.queueMs,
    lossRatio: link.fields.lossRatio,
    dropRatio: link.fields.dropRatio,
  }),
  flow: record({ flow: flow.fields.flow, rateBitsPerSecond: flow.fields.rateBitsPerSecond }),
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
