import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AmbientLoss } from '../../dist/rate/ambient-loss.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { seed, seeded } from '../simulate/seed.js';

describe('ambient loss', () => {
  it('is 0 until enough datagrams have arrived', () => {
    const ambient = new AmbientLoss();
    expect(ambient.ratio).toBe(0);
    ambient.add(23, 6);
    expect(ambient.ratio).toBe(0);
    ambient.add(1, 0);
    expect(ambient.ratio).toBeCloseTo(6 / 30, 9);
  });

  it.each([0, 0.01, 0.05, 0.2])(
    seeded('is known to within a quarter of its value, or one per cent, at %d'),
    (ratio) => {
      const prng = new Prng(seed).fork(`ambient ${ratio}`);
      const ambient = new AmbientLoss();
      for (let i = 0; i < 500; i++) {
        const lostCount = Array.from({ length: 20 }, () => prng.happens(ratio)).filter((isLost) => isLost).length;
        ambient.add(20 - lostCount, lostCount);
        if (i > 50) expect(Math.abs(ambient.ratio - ratio)).toBeLessThan(Math.max(0.25 * ratio, 0.02));
      }
    },
  );

  it('follows a change within some thousands of datagrams', () => {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 300; i++) ambient.add(9, 1);
    for (let i = 0; i < 400; i++) ambient.add(10, 0);
    expect(ambient.ratio).toBeLessThan(0.005);
  });

  it('is never more than a radio link would lose', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e6))), (counts) => {
        const ambient = new AmbientLoss();
        for (const [receivedCount, lostCount] of counts) {
          ambient.add(receivedCount, lostCount);
          expect(ambient.ratio).toBeGreaterThanOrEqual(0);
          expect(ambient.ratio).toBeLessThanOrEqual(0.3);
        }
      }),
    );
  });
});
