import { LayercastError } from '../../dist/base/errors.js';
import { BackOff } from '../../dist/rate/back-off.js';
import { Contention } from '../../dist/rate/contention.js';
import { DeafPeriod } from '../../dist/rate/deaf-period.js';
import type { StreamReading } from '../../dist/rate/readings.js';
import { SLOT_NUMBERS, type StepPlan } from '../../dist/rate/step-plan.js';
import type { Prng } from '../../dist/simulate/random/prng.js';

/** Changes the readings of a stream before rate control gets them. */
export type Filter = (reading: StreamReading) => StreamReading;

/** One part of rate control switched off, by a change of its readings or of its classes. */
export interface Ablation {
  readonly what: string;
  /** For one receiver. */
  readonly filter?: (plan: StepPlan, prng: Prng) => Filter;
  /** Changes classes; the returned function restores them. */
  readonly patch?: () => () => void;
}

export const WHOLE: Ablation = { what: 'nothing' };

const ABLATIONS: Readonly<Record<string, Ablation>> = {
  trains: {
    what: 'trains say nothing',
    filter: () => (reading) => ({ ...reading, trainBitsPerSecond: 0 }),
  },
  previews: {
    what: 'previews say nothing',
    filter: () => (reading) => ({ ...reading, preview: { ...reading.preview, count: 0 } }),
  },
  permissions: {
    what: 'receivers count slots from different numbers',
    filter: (plan, prng) => {
      const shift = prng.below(64);
      const shifted = (slot: number) => (slot + shift) % SLOT_NUMBERS;
      return (reading) => {
        const { preview } = reading;
        const slot = shifted(reading.slot);
        const shown = { ...preview, slot: preview.slot < 0 ? preview.slot : shifted(preview.slot) };
        return { ...reading, slot, stepLevel: plan.stepLevel(slot), preview: shown };
      };
    },
  },
  delay: {
    what: 'no delay above the least is seen, in previews neither',
    filter: () => (reading) => ({
      ...reading,
      minDelayUs: 0,
      meanExcessUs: 0,
      preview: { ...reading.preview, count: 0 },
    }),
  },
  deaf: {
    what: 'after a leave, everything counts at once',
    patch: () => replaced(DeafPeriod.prototype, 'checkEnd', { value: () => true }),
  },
  contention: {
    what: 'others are never believed in',
    patch: () => replaced(Contention.prototype, 'isOn', { value: () => false }),
  },
  backoff: {
    what: 'failures are forgotten',
    patch: () => replaced(BackOff.prototype, 'failed', { value: () => undefined }),
  },
};

export const PARTS = Object.keys(ABLATIONS);

/**
 * @param parts names with commas between; undefined for none.
 * @throws {LayercastError} `USAGE` when nothing is called that.
 */
export function ablationOf(parts: string | undefined): Ablation {
  if (parts === undefined) return WHOLE;
  const ablations = parts.split(',').map(partOf);
  const what = ablations.map((ablation) => ablation.what).join('; ');
  const patch = () => {
    const restores = ablations.map((ablation) => ablation.patch?.());
    return () => {
      for (const restore of restores.toReversed()) restore?.();
    };
  };
  const filters = ablations.flatMap((ablation) => ablation.filter ?? []);
  if (filters.length === 0) return { what, patch };
  const filter = (plan: StepPlan, prng: Prng): Filter => {
    const each = filters.map((filterFor) => filterFor(plan, prng));
    return (reading) => each.reduce((told, change) => change(told), reading);
  };
  return { what, patch, filter };
}

function partOf(part: string): Ablation {
  const ablation = ABLATIONS[part];
  if (ablation !== undefined) return ablation;
  throw new LayercastError('USAGE', `nothing is called "${part}"`, { hint: `one of: ${PARTS.join(', ')}` });
}

function replaced(prototype: object, name: string, by: PropertyDescriptor): () => void {
  const before = Object.getOwnPropertyDescriptor(prototype, name);
  if (before === undefined) throw new LayercastError('INTERNAL', `there is no ${name} to switch off any more`);
  Object.defineProperty(prototype, name, { ...by, configurable: true });
  return () => {
    Object.defineProperty(prototype, name, before);
  };
}
