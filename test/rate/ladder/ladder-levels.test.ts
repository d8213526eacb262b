import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LadderLevels } from '../../../dist/rate/ladder/ladder-levels.js';
import { type Ladder, StepPlan } from '../../../dist/rate/ladder/step-plan.js';
import { anyLadder } from '../ladders.js';

function levelsOf({ rates, mode, symbolBytes }: Ladder, maxRateBitsPerSecond?: number): LadderLevels {
  const plan = new StepPlan({ rates, mode, symbolBytes });
  const options = { packetBits: 10_000, isLayered: mode === 'several', maxRateBitsPerSecond };
  return new LadderLevels(plan, rates, options);
}

describe('the levels of a ladder on a path', () => {
  it('bring the rates of their channels, once for each server that sends them', () => {
    const senders = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(anyLadder, senders, (ladder, counts) => {
        const levels = levelsOf(ladder);
        levels.setSenders((channel) => counts[channel]!);
        for (let level = 0; level <= levels.count; level++) {
          const channels = levels.channelsOf(level);
          const rate = channels.reduce((sum, channel) => sum + ladder.rates[channel]! * counts[channel]!, 0);
          expect(Math.abs(levels.rateOf(level) - rate)).toBeLessThanOrEqual(1e-9 * rate);
          expect(channels).toHaveLength(ladder.mode === 'several' ? level : Math.min(1, level));
          if (level > 0) expect(channels).toContain(levels.newestChannel(level));
        }
        expect(levels.rateOf(levels.count + 1)).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('end below the highest rate that is allowed, but for the lowest', () => {
    const ladder: Ladder = { rates: [2e6, 1e6, 1e6], mode: 'several', symbolBytes: 1154 };
    const maxima = [1, 2, 2.9, 3, 4, 100].map((megabits) => levelsOf(ladder, megabits * 1e6).max);
    expect(maxima).toEqual([1, 1, 1, 2, 3, 3]);
    expect(levelsOf(ladder).max).toBe(3);
    const two = levelsOf(ladder, 6e6);
    two.setSenders(() => 2);
    expect([two.rateOf(1), two.rateOf(2), two.max]).toEqual([4e6, 6e6, 2]);
    expect([two.ownRateOf(1), two.ownRateOf(2), two.ownRateOf(4)]).toEqual([2e6, 3e6, Number.POSITIVE_INFINITY]);
    expect([two.below(3, 5e6), two.below(3, 20e6), two.below(2, 1e6)]).toEqual([1, 2, 1]);
    two.setMax(3e6);
    expect(two.max).toBe(1);
  });

  it('know how far apart datagrams are, of a level and of the channel that it adds', () => {
    const ladder = { rates: [1e6, 3e6], symbolBytes: 1154 } as const;
    const layered = levelsOf({ ...ladder, mode: 'several' });
    expect([0, 1, 2].map((level) => layered.packetUs(level))).toEqual([10_000, 10_000, 2500]);
    expect([1, 2].map((level) => Math.round(layered.newestIntervalUs(level)))).toEqual([10_000, 3333]);
    expect(Math.round(levelsOf({ ...ladder, mode: 'best' }).newestIntervalUs(2))).toBe(3333);
  });
});
