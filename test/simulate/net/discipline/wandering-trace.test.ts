import { expect, it } from 'vitest';
import { wanderingTrace } from '../../../../dist/simulate/net/discipline/wandering-trace.js';
import { Prng } from '../../../../dist/simulate/random/prng.js';

/** Megabits per second in bins of 250 ms, and how long nothing can leave at the longest, ms. */
function shapeOf(seed: string, outageEveryS: number, outageS: number) {
  const seconds = 400;
  const trace = wanderingTrace({ meanBitsPerSecond: 4e6, seconds, outageEveryS, outageS }, new Prng(seed));
  const bins = new Array<number>(seconds * 4).fill(0);
  let longestMs = 0;
  for (let index = 0; trace.timeUs(index) < seconds * 1e6; index++) {
    bins[Math.floor(trace.timeUs(index) / 250_000)]! += (1500 * 8) / 0.25 / 1e6;
    longestMs = Math.max(longestMs, (trace.timeUs(index + 1) - trace.timeUs(index)) / 1000);
  }
  return { trace, bins, longestMs };
}

const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(share * values.length)]!;

it('has the mean and the length that were asked for, and the same times for the same seed', () => {
  const { trace } = shapeOf('a', 30, 1);
  expect(trace.periodUs).toBe(400e6);
  expect(Math.abs(trace.meanBitsPerSecond / 4e6 - 1)).toBeLessThan(0.001);
  const times = (seed: string) => {
    const { trace } = shapeOf(seed, 30, 1);
    return Array.from({ length: 50 }, (_, i) => trace.timeUs(1000 * i));
  };
  expect(times('a')).toEqual(times('a'));
  expect(times('a')).not.toEqual(times('b'));
});

it('wanders by a factor of ten, within a second too', () => {
  const { bins } = shapeOf('c', Number.POSITIVE_INFINITY, 1);
  expect(quantile(bins, 0.95) / quantile(bins, 0.05)).toBeGreaterThan(10);
  const changes = bins.slice(4).map((bin, index) => {
    const before = bins[index]!;
    return Math.max(bin, before) / Math.max(0.048, Math.min(bin, before));
  });
  // Recordings: 1.5 in half of the cases, 4 to 5 in a tenth.
  expect(quantile(changes, 0.5)).toBeGreaterThan(1.3);
  expect(quantile(changes, 0.5)).toBeLessThan(2.2);
  expect(quantile(changes, 0.9)).toBeGreaterThan(3.2);
  expect(quantile(changes, 0.9)).toBeLessThan(6);
  expect(Math.max(...changes)).toBeGreaterThan(10);
});

it('falls to nothing for seconds where it should, and nowhere else', () => {
  expect(shapeOf('d', Number.POSITIVE_INFINITY, 1).longestMs).toBeLessThan(500);
  const { bins, longestMs } = shapeOf('d', 20, 3);
  expect(longestMs).toBeGreaterThan(3000);
  const outShare = bins.filter((bin) => bin === 0).length / bins.length;
  expect(outShare).toBeGreaterThan(0.05);
  expect(outShare).toBeLessThan(0.25);
});
