import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ratioBuckets, Spread, WHOLE_BUCKETS } from '../../dist/plot/spread.js';

/** By nearest rank, slowly. */
function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)]!;
}

describe('the spread of many values', () => {
  it('is that of the sorted values, to within 2 %', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (values) => {
          const spread = new Spread(ratioBuckets(1e2, 1e11));
          for (const value of values) spread.add(700, value);
          const [point] = spread.points;
          for (const [name, share] of [
            ['low', 0.1],
            ['median', 0.5],
            ['high', 0.9],
          ] as const) {
            const exact = quantile(values, share);
            // What is less than the least that is told apart may count as nothing.
            expect(Math.abs(point![name] - exact)).toBeLessThanOrEqual(exact < 110 ? 110 : 0.02 * exact);
          }
        },
      ),
    );
  });

  it('is exact for levels', () => {
    const spread = new Spread(WHOLE_BUCKETS);
    for (let level = 0; level <= 30; level++) spread.add(0, level);
    expect(spread.points).toEqual([{ atMs: 0, low: 3, median: 15, high: 27 }]);
  });

  it('takes what is beyond its range for the end of its range', () => {
    const spread = new Spread(ratioBuckets(1, 100));
    for (const value of [0, 0.5, 1e9]) spread.add(0, value);
    const [{ low, high } = { low: Number.NaN, high: Number.NaN }] = spread.points;
    expect(low).toBe(0);
    expect(high).toBeCloseTo(100);
  });

  it('joins stretches of time where there are too many, and loses no value', () => {
    const spread = new Spread(WHOLE_BUCKETS);
    for (let atMs = 0; atMs < 3_600_000; atMs += 1000) spread.add(atMs, Math.floor(atMs / 360_000));
    const { points } = spread;
    expect(points.length).toBeLessThanOrEqual(240);
    expect(points.length).toBeGreaterThan(120);
    for (const { atMs, median } of points) expect(Math.abs(median - atMs / 360_000)).toBeLessThan(1.01);
    const far = new Spread(WHOLE_BUCKETS);
    far.add(1e12, 4);
    expect(far.points).toEqual([{ atMs: 1e12, low: 4, median: 4, high: 4 }]);
  });
});
