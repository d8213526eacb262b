import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AmbientLoss } from '../../../dist/rate/measuring/ambient-loss.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { seed, seeded } from '../../simulate/seed.js';
import { addLowest, TICK_US } from '../ambient.js';

describe('ambient loss', () => {
  it('is 0 until enough datagrams have arrived', () => {
    const ambient = new AmbientLoss();
    expect(ambient.ratio).toBe(0);
    addLowest(ambient, 23, 6);
    expect(ambient.ratio).toBe(0);
    addLowest(ambient, 1, 0);
    expect(ambient.ratio).toBeCloseTo(6 / 30, 9);
  });

  it.each([0, 0.01, 0.05, 0.2])(
    seeded('is known to within a quarter of its value, or one per cent, at %d'),
    (ratio) => {
      const prng = new Prng(seed).fork(`ambient ${ratio}`);
      const ambient = new AmbientLoss();
      for (let i = 0; i < 500; i++) {
        const lostCount = Array.from({ length: 20 }, () => prng.happens(ratio)).filter((isLost) => isLost).length;
        addLowest(ambient, 20 - lostCount, lostCount);
        if (i > 50) expect(Math.abs(ambient.ratio - ratio)).toBeLessThan(Math.max(0.25 * ratio, 0.02));
      }
    },
  );

  it('follows a change within some thousands of datagrams', () => {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 300; i++) addLowest(ambient, 9, 1);
    for (let i = 0; i < 400; i++) addLowest(ambient, 10, 0);
    expect(ambient.ratio).toBeLessThan(0.005);
  });

  it('is never more than a radio link would lose', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e6))), (counts) => {
        const ambient = new AmbientLoss();
        for (const [receivedCount, lostCount] of counts) {
          addLowest(ambient, receivedCount, lostCount);
          expect(ambient.ratio).toBeGreaterThanOrEqual(0);
          expect(ambient.ratio).toBeLessThanOrEqual(0.3);
        }
      }),
    );
  });

  it('is not known from a level above the lowest until that has held for five seconds without more loss', () => {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 50; i++) addLowest(ambient, 19, 1);
    ambient.climbed();
    for (let nowUs = 0; nowUs < 5e6; nowUs += TICK_US) {
      ambient.add(nowUs, 10, 0);
      expect(ambient.ratio).toBeCloseTo(0.05, 9);
    }
    ambient.add(5e6, 10, 0);
    expect(ambient.ratio).toBeLessThan(0.03);
  });

  it('counts levels that were climbed since, and no longer when they are left', () => {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 10; i++) addLowest(ambient, 10, 0);
    ambient.climbed();
    for (let i = 0; i < 10; i++) ambient.add(i * TICK_US, 9, 1);
    expect(ambient.ratio).toBe(0);
    ambient.climbed();
    expect(ambient.ratio).toBeCloseTo(0.05, 9);
    ambient.left();
    expect(ambient.ratio).toBe(0);
  });
});

describe('the limit of losses', () => {
  it('comes closer to ambient loss the more datagrams there are', () => {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 100; i++) addLowest(ambient, 9, 1);
    const limits = [50, 200, 1000, 10_000, 1e6].map((count) => ambient.limit(0.03, count));
    expect(limits).toEqual(limits.toSorted((a, b) => b - a));
    expect(limits.at(-1)).toBeCloseTo(0.03 + 1.5 * 0.1, 2);
    // A full queue explains losses, whatever their number.
    expect(ambient.limit(0.03, 50, true)).toBeCloseTo(0.03 + 1.5 * 0.1, 9);
  });

  it('is further away where losses come in bursts, even if a queue is full', () => {
    const [even, bursty] = [new AmbientLoss(), new AmbientLoss()];
    for (let i = 0; i < 100; i++) {
      addLowest(even, 9, 1);
      addLowest(bursty, i % 10 === 0 ? 0 : 10, i % 10 === 0 ? 10 : 0);
    }
    expect(even.ratio).toBeCloseTo(bursty.ratio, 9);
    for (const isQueued of [false, true]) {
      expect(bursty.limit(0.03, 500, isQueued)).toBeGreaterThan(even.limit(0.03, 500, isQueued) + 0.05);
    }
  });
});
