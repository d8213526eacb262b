import { describe, expect, it } from 'vitest';
import { seed, seeded } from '../simulate/seed.js';
import { month } from './month.js';

const S = 1e6;
const WAKE = { everyUs: 6 * 3600 * S, forUs: 300 * S, jitterRatio: 0.1, budgetBytes: 20e6 };

describe('a device whose power is cut at random moments', () => {
  it.each([
    ['sleeps', WAKE],
    ['is always awake', undefined],
  ])(
    seeded('and that %s comes to the newest version, runs programs once and once more per cut, and never goes back'),
    async (name, wake) => {
      const result = await month({ seed: `${seed} ${name}`, days: 30, versionCount: 40, cutCount: 1000, wake });
      expect(result.faults).toEqual([]);
      expect(result.cuts).toBeGreaterThan(800);
      expect(result.cutsInPrograms).toBeGreaterThan(10);
      expect(result.applied).toBeGreaterThan(10);
    },
  );
});
