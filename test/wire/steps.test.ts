import { describe, expect, it } from 'vitest';
import { rateOf } from '../../dist/rate/ladder/ladder.js';
import { StepPlan } from '../../dist/rate/ladder/step-plan.js';
import { vectorsOf } from './vectors.js';

const vectors =
  vectorsOf<
    readonly {
      readonly mode: 'several' | 'best';
      readonly symbolBytes: number;
      readonly intervalsUs: readonly number[];
      readonly order: readonly number[];
      readonly stepSlots: readonly number[];
      readonly stepLevels: readonly number[];
      /** By channel; null for the one without a preview. */
      readonly previewFactors: readonly (number | null)[];
      readonly trainLength: number;
    }[]
  >('steps');

describe('the steps of the vectors', () => {
  it.each(vectors)('are those of $mode with $intervalsUs µs', (vector) => {
    const { mode, symbolBytes, intervalsUs } = vector;
    const plan = new StepPlan({
      mode,
      symbolBytes,
      rates: intervalsUs.map((interval) => rateOf(interval, symbolBytes)),
    });
    expect(plan.channelOrder).toEqual(vector.order);
    expect(plan.stepSlots).toEqual(vector.stepSlots);
    expect(vector.stepLevels.map((_, slot) => plan.stepLevel(slot))).toEqual(vector.stepLevels);
    expect(plan.trainLength).toBe(vector.trainLength);
    for (const [channel, factor] of vector.previewFactors.entries()) {
      const found = plan.previewFactor(channel, intervalsUs.length);
      if (factor === null) expect(found).toBeUndefined();
      else expect(found).toBeCloseTo(factor, 9);
    }
  });
});
