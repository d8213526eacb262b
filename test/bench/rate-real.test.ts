import { describe, expect, test } from 'vitest';
import { carried, drainedMs, usualQueueMs } from '../../bench/rate-real/carried.js';
import { averageRate, bestLevel, equalMs, prevailingRate, reachedMs, type Step } from '../../bench/rate-real/levels.js';
import type { LinkSample } from '../lab/link-watch.js';

describe("a receiver's level over time", () => {
  // 1 Mbit/s from 1 s, a trial of 4 Mbit/s from 2 s to 3 s, 2 Mbit/s from 5 s.
  const steps = stepsOf([1000, 1e6], [2000, 4e6], [3000, 1e6], [5000, 2e6]);

  test('averages by time, and is nothing before the first join', () => {
    expect(averageRate(steps, 0, 2000)).toBe(0.5e6);
    expect(averageRate(steps, 1500, 5500)).toBe((0.5 * 1e6 + 4e6 + 2 * 1e6 + 0.5 * 2e6) / 4);
    expect(averageRate(steps, 6000, 8000)).toBe(2e6);
  });

  test('prevails where it was held for the longest time, trials aside', () => {
    expect(prevailingRate(steps, 1500, 4500)).toBe(1e6);
    expect(prevailingRate(steps, 4000, 9000)).toBe(2e6);
    expect(prevailingRate([], 0, 1000)).toBe(0);
  });

  test('is reached when it is first within a tenth, and at once where it is so already', () => {
    expect(reachedMs(steps, 1000, 2.1e6)).toBe(4000);
    expect(reachedMs(steps, 1000, 1e6)).toBe(0);
    expect(reachedMs(steps, 1000, 3e6)).toBeUndefined();
  });

  test('is the best where the next does not fit beside announcements', () => {
    expect(bestLevel([0.9e6, 1.2e6, 1.5e6], 1.49e6)).toBe(1.2e6);
    expect(bestLevel([0.9e6, 1.2e6], 1.2e6)).toBe(0.9e6);
    expect(bestLevel([0.9e6], 0.5e6)).toBe(0);
  });

  test('is equal to another only when both have held it for two seconds', () => {
    const other = stepsOf([1000, 1e6], [5500, 2e6], [9000, 1e6]);
    // Equal from 1 s to 2 s is too short, from 3 s to 5 s is enough.
    expect(equalMs([steps, other], 1000, 20_000)).toBe(2000);
    expect(equalMs([steps, other], 5200, 20_000)).toBe(300);
    expect(equalMs([steps, other], 9000, 20_000)).toBeUndefined();
    expect(equalMs([steps, other], 5200, 7000)).toBeUndefined();
    // What has not begun is equal to nothing.
    expect(equalMs([[], []], 0, 10_000)).toBeUndefined();
  });
});

describe('what a link carried', () => {
  // 10 packets of 1000 bytes a second; the queue stands at 5000 bytes from 2 s to 4 s, and 4 packets drop in the third second.
  const samples = [0, 1, 2, 3, 4, 5, 6].map((s): LinkSample => {
    const waiting = s >= 2 && s <= 4 ? 5 : 0;
    return {
      atMs: s * 1000,
      passed: { packets: s * 10, bytes: s * 10_000 },
      droppedPackets: s >= 3 ? 4 : 0,
      waiting: { packets: waiting, bytes: waiting * 1000 },
    };
  });

  test('is the difference between the samples nearest to two moments', () => {
    expect(carried(samples, 900, 5100)).toEqual({
      rateBitsPerSecond: 80_000,
      bytes: 40_000,
      droppedPackets: 4,
      dropRatio: 4 / 44,
    });
    expect(carried(samples, 3000, 6000).dropRatio).toBe(0);
    expect(carried([], 0, 1000).rateBitsPerSecond).toBe(0);
  });

  test('waits as long as its queue takes to pass', () => {
    expect(usualQueueMs(samples, 0, 6000, 80_000)).toBe(500);
    expect(usualQueueMs(samples, 5000, 6000, 80_000)).toBe(0);
  });

  test('has drained when its queue is short and stays so for a second', () => {
    const rate = 80_000;
    expect(drainedMs(samples, { fromMs: 1500, toMs: 6000, rate })).toBe(3500);
    expect(drainedMs(samples, { fromMs: 1500, toMs: 5500, rate })).toBeUndefined();
    expect(drainedMs(samples, { fromMs: 0, toMs: 6000, rate })).toBe(0);
  });
});

function stepsOf(...steps: readonly (readonly [atMs: number, rate: number])[]): Step[] {
  return steps.map(([atMs, rateBitsPerSecond]) => ({ atMs, rateBitsPerSecond }));
}
