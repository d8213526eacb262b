import type { ReceiverStats } from './events.js';

/**
 * Counts of a fetch that goes on with what an earlier fetch of the same run and version has left: what the earlier one found on disk, took from
 * seeds and filled counts, too, and what it received is nothing that an earlier run has left. All other counts are of the whole run already.
 */
export function continuedStats(before: ReceiverStats | undefined, after: ReceiverStats): ReceiverStats {
  if (before === undefined) return after;
  return {
    ...after,
    resumedBytes: before.resumedBytes,
    seedBytes: before.seedBytes + after.seedBytes,
    deltaBytes: before.deltaBytes + after.deltaBytes,
    filledBytes: before.filledBytes + after.filledBytes,
    wrongFilledBytes: before.wrongFilledBytes + after.wrongFilledBytes,
  };
}
