import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlainPolicy, type PolicyOptions } from '../../dist/rate/policy.js';

const plain: PolicyOptions = {
  rates: [1000, 500, 500, 2000],
  ladderMode: 'several',
  mode: 'auto',
  channels: undefined,
  maxRateBitsPerSecond: undefined,
};

function joinsOf(options: Partial<PolicyOptions>): number[] {
  const decisions = new PlainPolicy({ ...plain, ...options }).start(0);
  expect(decisions.every(({ action }) => action === 'join')).toBe(true);
  expect(decisions.every(({ reason }) => reason.length > 0)).toBe(true);
  return decisions.map(({ channel }) => channel);
}

describe('the plain policy', () => {
  it('joins all of a layered ladder', () => {
    expect(joinsOf({})).toEqual([0, 1, 2, 3]);
  });

  it.each([
    [4000, [0, 1, 2, 3]],
    [3999, [0, 1, 2]],
    [2000, [0, 1, 2]],
    [1999, [0, 1]],
    [1000, [0]],
    [999, [0]],
  ])('joins as many layers as %i bit/s allow together, and the lowest in any case', (maxRateBitsPerSecond, joined) => {
    expect(joinsOf({ maxRateBitsPerSecond })).toEqual(joined);
  });

  it('joins layers in their order: none above one that is too much, though it would fit', () => {
    expect(joinsOf({ rates: [1000, 5000, 10], maxRateBitsPerSecond: 2000 })).toEqual([0]);
  });

  it.each([
    [undefined, 3, 'the fastest channel'],
    [2000, 3, 'the fastest channel allowed'],
    [1999, 0, 'the fastest channel allowed'],
    [999, 1, 'the fastest channel allowed'],
    [499, 1, 'the slowest channel; none is within the highest rate allowed'],
  ])('joins one channel of a replicated ladder: at most %s bit/s is channel %i, %s', (max, channel, reason) => {
    const policy = new PlainPolicy({ ...plain, ladderMode: 'best', maxRateBitsPerSecond: max });
    expect(policy.start(0)).toEqual([{ action: 'join', channel, reason }]);
  });

  it('does what the user wants before what the ladder is meant for', () => {
    expect(joinsOf({ mode: 'best' })).toEqual([3]);
    expect(joinsOf({ mode: 'several', ladderMode: 'best' })).toEqual([0, 1, 2, 3]);
  });

  it('joins exactly what was picked by hand, whatever the rates', () => {
    expect(joinsOf({ channels: [2, 0], mode: 'best', maxRateBitsPerSecond: 1 })).toEqual([2, 0]);
  });

  it('never goes beyond the highest rate allowed with more than one channel, and could not do better', () => {
    const anyOptions = fc.record({
      rates: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 32 }),
      mode: fc.constantFrom('best', 'several'),
      max: fc.integer({ min: 1, max: 5000 }),
    });
    fc.assert(
      fc.property(anyOptions, ({ rates, mode, max }) => {
        const joined = joinsOf({ rates, mode, maxRateBitsPerSecond: max });
        const sum = joined.reduce((total, channel) => total + rates[channel]!, 0);
        expect(joined.length).toBeGreaterThan(0);
        if (mode === 'several') {
          expect(joined).toEqual(rates.map((_, channel) => channel).slice(0, joined.length));
          if (joined.length > 1) expect(sum).toBeLessThanOrEqual(max);
          if (joined.length < rates.length) expect(sum + rates[joined.length]!).toBeGreaterThan(max);
        } else {
          const allowed = rates.filter((rate) => rate <= max);
          expect(sum).toBe(allowed.length > 0 ? Math.max(...allowed) : Math.min(...rates));
        }
      }),
    );
  });
});
