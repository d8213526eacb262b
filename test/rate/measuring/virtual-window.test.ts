import { describe, expect, it } from 'vitest';
import { VirtualWindow } from '../../../dist/rate/measuring/virtual-window.js';

/**
 * RFC 9438: multiplicative decrease, the constant of the curve, and the increase that is as fair as Reno's (section 4.3).
 */
const BETA = 0.7;
const C = 0.4;
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

/** The window each 50 ms for so long. */
function* grown(window: VirtualWindow, fromS: number, seconds: number, roundTripUs: number, limit = 1e9) {
  for (let i = 0; i <= seconds * 20; i++) {
    window.grow((fromS + i / 20) * 1e6, roundTripUs, limit);
    yield [i / 20, window.segments] as const;
  }
}

function lastOf(...[window, fromS, seconds, roundTripUs, limit]: Parameters<typeof grown>): number {
  return [...grown(window, fromS, seconds, roundTripUs, limit)].at(-1)![1];
}

describe('the virtual window of a CUBIC sender', () => {
  it('doubles each round trip until the first loss, as far as it is used (section 4.10)', () => {
    const window = new VirtualWindow();
    window.begin(10, 0);
    expect(lastOf(window, 0, 0.3, 100_000)).toBeCloseTo(80, 6);
    expect(lastOf(window, 0.3, 1, 100_000, 100)).toBe(100);
    window.shrink(1.3e6);
    expect(window.segments).toBeCloseTo(70, 6);
    expect(lastOf(window, 1.3, 0.3, 100_000)).toBeLessThan(80);
  });

  it('follows W(t + RTT) = C (t + RTT − K)³ + W_max with K = ∛((W_max − cwnd) / C) after a loss (section 4.2)', () => {
    const [before, roundTripUs] = [1000, 100_000];
    const window = new VirtualWindow();
    window.begin(before, 5e6);
    window.shrink(5e6);
    expect(window.segments).toBeCloseTo(before * BETA, 9);
    const plateauS = Math.cbrt((before - before * BETA) / C);
    for (const [seconds, segments] of grown(window, 5, 12, roundTripUs)) {
      expect(segments).toBeCloseTo(C * (seconds + roundTripUs / 1e6 - plateauS) ** 3 + before, 6);
    }
  });

  it('grows as Reno would where that is more: by α a round trip, and by one when it is back (section 4.3)', () => {
    const [before, roundTripUs] = [20, 10_000];
    const window = new VirtualWindow();
    window.begin(before, 0);
    window.shrink(0);
    const backS = ((before * (1 - BETA)) / ALPHA) * (roundTripUs / 1e6);
    expect(lastOf(window, 0, 0.1, roundTripUs)).toBeCloseTo(before * BETA + (ALPHA * 0.1e6) / roundTripUs, 6);
    expect(backS).toBeLessThan(0.15);
    const then = lastOf(window, 0.15, 0, roundTripUs);
    expect(lastOf(window, 0.15, 0.5, roundTripUs) - then).toBeCloseTo(0.5e6 / roundTripUs, 6);
  });

  it('makes room when it loses before it is back where it was (fast convergence, section 4.7)', () => {
    const roundTripUs = 100_000;
    const window = new VirtualWindow();
    window.begin(1000, 0);
    window.shrink(0);
    window.shrink(0);
    expect(window.segments).toBeCloseTo(490, 9);
    const plateau = (700 * (1 + BETA)) / 2;
    const plateauS = Math.cbrt((plateau - 490) / C);
    expect(lastOf(window, 0, Math.ceil(plateauS), roundTripUs)).toBeCloseTo(
      C * (Math.ceil(plateauS) + 0.1 - plateauS) ** 3 + plateau,
      6,
    );
  });

  it('aims at all of what it had when it was back', () => {
    const window = new VirtualWindow();
    window.begin(1000, 0);
    window.shrink(0);
    const before = lastOf(window, 0, 12, 100_000);
    expect(before).toBeGreaterThan(1000);
    window.shrink(12e6);
    expect(window.segments).toBeCloseTo(BETA * before, 9);
    expect(lastOf(window, 12, Math.cbrt((before * (1 - BETA)) / C), 100_000)).toBeCloseTo(before, 0);
  });

  it('grows no further than it is used, and does not shrink for want of use', () => {
    const window = new VirtualWindow();
    window.begin(100, 0);
    expect(lastOf(window, 0, 60, 10_000, 150)).toBe(150);
    expect(lastOf(window, 60, 10, 10_000, 20)).toBe(150);
  });

  it('keeps two segments whatever is lost', () => {
    const window = new VirtualWindow();
    window.begin(3, 0);
    for (let i = 0; i < 10; i++) window.shrink(i * 1e6);
    expect(window.segments).toBe(2);
  });
});
