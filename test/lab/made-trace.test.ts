import { expect, test } from 'vitest';
import { madeTrace } from './made-trace.js';

test('a made trace has its mean, its length, times in order, and the same times for the same seed', () => {
  const given = { seed: 7, meanBitsPerSecond: 4e6, seconds: 60 };
  const times = madeTrace(given);
  expect(madeTrace(given)).toEqual(times);
  expect(madeTrace({ ...given, seed: 8 })).not.toEqual(times);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.every(Number.isInteger)).toBe(true);
  expect(times.at(-1)).toBe(60_000);
  expect((times.length * 12_000) / 60 / 4e6).toBeCloseTo(1, 1);
});

test('a made trace moves by ten and is silent for seconds', () => {
  const times = madeTrace({ seed: 1, meanBitsPerSecond: 4.6e6, seconds: 120 });
  const perSecond = Array.from({ length: 120 }, () => 0);
  for (const ms of times) if (ms < 120_000) perSecond[Math.floor(ms / 1000)]! += 1;
  expect(perSecond.filter((count) => count === 0).length).toBeGreaterThan(0);
  const alive = perSecond.filter((count) => count > 0).toSorted((a, b) => a - b);
  expect(alive[Math.floor(0.98 * alive.length)]! / alive[Math.floor(0.02 * alive.length)]!).toBeGreaterThan(10);
});
