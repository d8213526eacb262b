import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalUs, layersOf, thirdsLevels } from '../../../dist/rate/ladder/ladder.js';
import { channelLevels, type Ladder, StepPlan } from '../../../dist/rate/ladder/step-plan.js';
import { anyLadder } from '../ladders.js';

const levels = thirdsLevels(1e6, 16e6);
const layered = new StepPlan({ rates: layersOf(levels), mode: 'several', symbolBytes: 1184 });
const replicated = new StepPlan({ rates: levels, mode: 'best', symbolBytes: 1184 });

/** What a receiver of a level gets, the slow way. */
function rateOfLevel({ rates, mode }: Ladder, level: number): number {
  if (mode === 'best') return rates.toSorted((a, b) => a - b)[level - 1]!;
  return rates.slice(0, level).reduce((sum, rate) => sum + rate, 0);
}

/** The channels that a receiver of a level hears. */
function channelsOf({ mode }: Ladder, plan: StepPlan, level: number): readonly number[] {
  return plan.channelOrder.slice(mode === 'best' ? level - 1 : 0, level);
}

describe('a plan of steps', () => {
  it.each([layered, replicated])(
    'permits the steps of the usual ladder, layered or replicated, in the same slots',
    (plan) => {
      expect(plan.levelRates.map(Math.round)).toEqual(levels);
      expect(plan.stepSlots).toEqual([1, 1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8]);
      expect([0, 1, 2, 3, 4, 5, 6, 7, 8].map((slot) => plan.stepLevel(slot))).toEqual([4, 7, 4, 10, 4, 7, 4, 13, 4]);
      expect(plan.trainLength).toBe(12);
    },
  );

  it('permits a step as often as a sender that is fair to TCP would take to grow by it, and lower steps with it', () => {
    fc.assert(
      fc.property(anyLadder, fc.nat(65_535), (ladder, slot) => {
        const plan = new StepPlan(ladder);
        let exponent = 0;
        let permitted = 0;
        for (let level = 1; level < ladder.rates.length; level++) {
          const [rate, next] = [rateOfLevel(ladder, level), rateOfLevel(ladder, level + 1)];
          const datagramsPerSecond = rate / (ladder.symbolBytes + 96) / 8;
          const seconds = ((next / rate - 1) * datagramsPerSecond * 0.1 ** 2) / 0.48;
          const clamped = Math.min(4, Math.max(0.5, seconds));
          exponent = Math.max(exponent, Math.round(Math.log2(clamped / 0.5)));
          expect(plan.stepSlots[level - 1]).toBe(2 ** exponent);
          if ((slot + 1) % 2 ** exponent === 0) permitted = level + 1;
        }
        expect(plan.stepLevel(slot)).toBe(permitted);
      }),
      { numRuns: 300 },
    );
  });

  it('goes on in step when slots are numbered from 0 again', () => {
    for (let slot = 0; slot < 16; slot++)
      expect(layered.stepLevel(65_528 + slot)).toBe(layered.stepLevel((65_528 + slot) % 65_536));
  });

  it('shows every level that may step up the next level’s rate, or a part of it where that is more than four times', () => {
    fc.assert(
      fc.property(anyLadder, fc.nat(7), (ladder, slot) => {
        const plan = new StepPlan(ladder);
        const stepLevel = plan.stepLevel(slot);
        for (let level = 1; level < stepLevel; level++) {
          const channels = channelsOf(ladder, plan, level);
          const factors = channels.map((channel) => plan.previewFactor(channel, stepLevel)!);
          const shown = channels.reduce((sum, channel, i) => sum + ladder.rates[channel]! * factors[i]!, 0);
          const next = rateOfLevel(ladder, level + 1);
          expect(plan.previewRates[level - 1]! / shown).toBeCloseTo(1, 9);
          expect(Math.max(...factors)).toBeLessThanOrEqual(4);
          if (Math.max(...factors) < 4) expect(shown / next).toBeCloseTo(1, 9);
          else expect(shown / next).toBeLessThan(1 + 1e-9);
        }
        for (const channel of plan.channelOrder.slice(Math.max(0, stepLevel - 1))) {
          expect(plan.previewFactor(channel, stepLevel)).toBeUndefined();
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes channels of a replicated ladder by their rates, whatever their order', () => {
    const plan = new StepPlan({ rates: [4e6, 1e6, 2e6, 1e6], mode: 'best', symbolBytes: 1184 });
    expect(plan.channelOrder).toEqual([1, 3, 2, 0]);
    expect(plan.levelRates).toEqual([1e6, 1e6, 2e6, 4e6]);
    expect([1, 3, 2, 0].map((channel) => plan.previewFactor(channel, 4))).toEqual([1, 2, 2, undefined]);
  });

  it('keeps the order of a layered ladder, whose channels may show less than their rate', () => {
    const plan = new StepPlan({ rates: [4e6, 1e6, 2e6, 1e6], mode: 'several', symbolBytes: 1184 });
    expect(plan.levelRates).toEqual([4e6, 5e6, 7e6, 8e6]);
    expect([0, 1, 2, 3].map((channel) => plan.previewFactor(channel, 4))).toEqual([5 / 4, 2, 1 / 2, undefined]);
    expect(plan.previewRates).toEqual([5e6, 7e6, 8e6]);
  });

  it('of one channel has no steps and no trains', () => {
    const plan = new StepPlan({ rates: [50e6], mode: 'several', symbolBytes: 1184 });
    expect([0, 1, 7, 65_535].map((slot) => plan.stepLevel(slot))).toEqual([0, 0, 0, 0]);
    expect([plan.trainLength, plan.previewFactor(0, 0)]).toEqual([0, undefined]);
  });

  it.each([
    { datagramsPerSecond: 31, next: 1, trainLength: 0 },
    { datagramsPerSecond: 32, next: 1, trainLength: 4 },
    { datagramsPerSecond: 128, next: 1, trainLength: 16 },
    { datagramsPerSecond: 1e4, next: 1, trainLength: 16 },
    // Beside a preview of four times its rate a tenth is left for a train.
    { datagramsPerSecond: 128, next: 3, trainLength: 6 },
    { datagramsPerSecond: 128, next: 100, trainLength: 6 },
  ])(
    'has trains of $trainLength where the first channel sends $datagramsPerSecond datagrams a second and the second $next times that',
    ({ datagramsPerSecond, next, trainLength }) => {
      const rate = datagramsPerSecond * 1280 * 8;
      expect(new StepPlan({ rates: [rate, rate * next], mode: 'several', symbolBytes: 1184 }).trainLength).toBe(
        trainLength,
      );
    },
  );

  it('leaves every channel at least an eighth of its rate beside train and preview', () => {
    fc.assert(
      fc.property(anyLadder, (ladder) => {
        const plan = new StepPlan(ladder);
        const channel = plan.channelOrder[0]!;
        const perSlot = ladder.rates[channel]! / (ladder.symbolBytes + 96) / 8 / 2;
        const factor = plan.previewFactor(channel, 32) ?? 1;
        const rest = (1 - plan.trainLength / perSlot - factor / 5) / 0.8;
        expect(rest).toBeGreaterThan(1 / 8 - 1e-9);
      }),
    );
  });
});

it('tells the level of each channel of a descriptor, and of none where it has no channels', () => {
  const channels = [4e6, 1e6, 2e6, 1e6].map((rate) => ({ intervalUs: intervalUs(rate, 1184) }));
  const levels = (mode: 'several' | 'best') => channelLevels({ channels, mode, symbolBytes: 1184 });
  expect(levels('several')).toEqual([1, 2, 3, 4]);
  expect(levels('best')).toEqual([4, 1, 3, 2]);
  expect(channelLevels({ channels: [], mode: 'best', symbolBytes: 1184 })).toEqual([]);
});

it('previews for 100 ms, or as long as adds a third of that to a queue', () => {
  const lasting = (rates: readonly number[], stepLevel: number) =>
    new StepPlan({ rates, mode: 'best', symbolBytes: 1154 }).previewUs(stepLevel);
  expect([lasting([3e6, 4e6, 5e6], 3), lasting([3e6, 4e6, 8e6], 2), lasting([3e6, 4e6, 8e6], 3)]).toEqual([
    100_000, 100_000, 33_333,
  ]);
  // Of steps that are longer than a preview can show, four times the rate.
  expect([lasting([1e6, 2.5e6], 2), lasting([1e6, 100e6], 2)]).toEqual([22_222, 11_111]);
});
