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

  it(
    seeded('and whose fleet sends an hour a day listens in that hour only, and comes to the newest version'),
    async () => {
      const wake = { everyUs: undefined, forUs: undefined, jitterRatio: 0.1, budgetBytes: undefined };
      const schedule = { everyS: 86_400, lastsS: 3600, fromS: 7200 };
      const result = await month({ seed, days: 30, versionCount: 40, cutCount: 400, wake, schedule });
      expect(result.faults).toEqual([]);
      expect(result.applied).toBeGreaterThan(10);
      // Transfers and programs of the versions take 2 minutes in an hour of each day; after each cut a device listens until it has heard.
      expect(result.awakeRatio).toBeLessThan(0.02);
    },
  );
});
