import { describe, expect, it } from 'vitest';
import { PACKET_OVERHEAD_BYTES } from '../../../dist/base/limits.js';
import { isClear } from '../../../dist/rate/deciding/clear-path.js';
import { PathState } from '../../../dist/rate/deciding/path-state.js';
import { LadderLevels } from '../../../dist/rate/ladder/ladder-levels.js';
import { StepPlan } from '../../../dist/rate/ladder/step-plan.js';
import { sumsOf } from '../../../dist/rate/measuring/readings.js';
import { reading } from '../readings.js';

const TICK_US = 50_000;
const AT_LEISURE = { unreadCount: 0, droppedCount: 0, latenessUs: 0 };
const QUEUE_US = 300_000;
/** From a join to what was sent for it, where no queue is in the way; beside it half of 10 ms between datagrams. */
const JOIN_US = 45_000;

/**
 * A path on which the first channel of two of 1 Mbit/s has come for a second without a queue, and for one through a queue.
 */
function queued(): PathState {
  const rates = [1e6, 1e6];
  const ladder = { rates, mode: 'several', symbolBytes: 1250 - PACKET_OVERHEAD_BYTES } as const;
  const options = { packetBits: 10_000, isLayered: true, maxRateBitsPerSecond: undefined };
  const path = new PathState(new LadderLevels(new StepPlan(ladder), rates, options));
  path.change(1, 0);
  for (let nowUs = TICK_US; nowUs <= 2e6; nowUs += TICK_US) {
    path.add(
      nowUs,
      [reading({ minDelayUs: nowUs <= 1e6 ? 0 : QUEUE_US, sinceUs: TICK_US })],
      AT_LEISURE,
      sumsOf([reading({ minDelayUs: nowUs <= 1e6 ? 0 : QUEUE_US, sinceUs: TICK_US })]),
    );
  }
  return path;
}

/** Joins the second channel, which brings its first datagram at `sinceUs`. */
function joinSecond(path: PathState, sinceUs: number): void {
  const joinedUs = path.nowUs;
  path.change(2, joinedUs);
  const nowUs = joinedUs + JOIN_US + QUEUE_US + TICK_US;
  const [first, second] = [0, 1].map((channelIndex) => reading({ channelIndex, minDelayUs: QUEUE_US, sinceUs }));
  path.add(nowUs, [first!, second!], AT_LEISURE, sumsOf([first!, second!]));
}

describe('the round trip of a path', () => {
  it('is not longer for the queue that a join has waited in: that is counted beside it', () => {
    const path = queued();
    const before = path.joinTimes.roundTripUs;
    joinSecond(path, path.nowUs + JOIN_US + QUEUE_US);
    expect(path.joinTimes.roundTripUs).toBeLessThanOrEqual(before);
    expect(path.joinTimes.roundTripUs).toBe(JOIN_US - 5000);
    expect(path.roundTripUs(path.nowUs - TICK_US / 2)).toBe(JOIN_US - 5000 + QUEUE_US);
  });

  it('is not learnt from a channel that may have come all the time', () => {
    const path = queued();
    const before = path.joinTimes.roundTripUs;
    joinSecond(path, Number.NEGATIVE_INFINITY);
    expect(path.heardUs).toBe(path.nowUs);
    expect(path.joinTimes.roundTripUs).toBe(before);
  });
});

describe('a path is clear', () => {
  it('by the least queue of a fifth of a second, or of a shorter time for those who ask what has just begun', () => {
    const path = queued();
    for (let i = 1; i <= 3; i++) {
      path.add(
        2e6 + i * TICK_US,
        [reading({ minDelayUs: i === 1 ? 0 : QUEUE_US })],
        AT_LEISURE,
        sumsOf([reading({ minDelayUs: i === 1 ? 0 : QUEUE_US })]),
      );
    }
    expect([isClear(path, 500_000), isClear(path, 500_000, 100_000)]).toEqual([true, false]);
  });
});
