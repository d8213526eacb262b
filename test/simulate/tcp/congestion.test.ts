import { describe, expect, it } from 'vitest';
import { Cubic, Reno } from '../../../dist/simulate/tcp/congestion.js';

const RTT_US = 100_000;

describe('Reno', () => {
  it('begins with ten segments, adds one an acknowledgement, and after a loss one a window', () => {
    const reno = new Reno();
    expect(reno.windowSegments).toBe(10);
    for (let i = 0; i < 54; i++) reno.acked();
    expect(reno.windowSegments).toBe(64);
    reno.lost(0, 64);
    expect(reno.windowSegments).toBe(32);
    for (let i = 0; i < 32; i++) reno.acked();
    expect(reno.windowSegments).toBeCloseTo(33, 1);
  });

  it('begins anew after a time-out, with slow start up to half of what was under way', () => {
    const reno = new Reno();
    reno.timedOut(0, 20);
    expect(reno.windowSegments).toBe(1);
    for (let i = 0; i < 9; i++) reno.acked();
    expect(reno.windowSegments).toBe(10);
    reno.acked();
    expect(reno.windowSegments).toBeCloseTo(10.1, 6);
    reno.lost(0, 2);
    expect(reno.windowSegments).toBe(2);
  });
});

/** A CUBIC sender whose window is 1000 segments before a loss at 0. */
function cubicAfterLoss(): Cubic {
  const cubic = new Cubic();
  while (cubic.windowSegments < 1000) cubic.acked(0, RTT_US);
  cubic.lost();
  return cubic;
}

/** Acknowledges a window each round trip, evenly, until `untilS`. */
function* windowsOf(cubic: Cubic, untilS: number): Generator<readonly [seconds: number, segments: number]> {
  for (let atUs = 0; atUs < untilS * 1e6; atUs += RTT_US) {
    yield [atUs / 1e6, cubic.windowSegments];
    const count = Math.floor(cubic.windowSegments);
    for (let i = 0; i < count; i++) cubic.acked(atUs + (i * RTT_US) / count, RTT_US);
  }
}

describe('CUBIC', () => {
  it('follows W(t) = 0.4 (t − K)³ + W_max with K = ∛(W_max · 0.3 / 0.4) after a loss', () => {
    const returnS = Math.cbrt((1000 * 0.3) / 0.4);
    expect(returnS).toBeCloseTo(9.086, 2);
    for (const [seconds, segments] of windowsOf(cubicAfterLoss(), 15)) {
      const curve = 0.4 * (seconds - returnS) ** 3 + 1000;
      expect(Math.abs(segments / curve - 1)).toBeLessThan(0.015);
    }
  });

  it('never grows slower than Reno with a decrease of 0.7 would on short paths', () => {
    const cubic = new Cubic();
    while (cubic.windowSegments < 20) cubic.acked(0, 10_000);
    cubic.lost();
    expect(cubic.windowSegments).toBeCloseTo(14, 6);
    // 0.53 segments a round trip: 11 round trips of 10 ms back to 20, where the curve alone would take 2.5 s.
    let atUs = 0;
    for (; cubic.windowSegments < 20; atUs += 10_000) {
      const count = Math.floor(cubic.windowSegments);
      for (let i = 0; i < count; i++) cubic.acked(atUs, 10_000);
    }
    expect(atUs / 10_000).toBeGreaterThan(9);
    expect(atUs / 10_000).toBeLessThan(14);
  });

  it('makes room when it loses before it is back where it was', () => {
    const cubic = cubicAfterLoss();
    cubic.lost();
    // 1000 → 700 → 490; the plateau is 700 · 0.85 now, not 700.
    expect(cubic.windowSegments).toBeCloseTo(490, 6);
    const returnS = Math.cbrt((700 * 0.85 - 490) / 0.4);
    const windows = [...windowsOf(cubic, returnS + 0.1)];
    expect(windows.at(-1)![1]).toBeGreaterThan(590);
    expect(windows.at(-1)![1]).toBeLessThan(602);
  });
});
