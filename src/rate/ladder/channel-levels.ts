import { rateOf } from './ladder.js';
import { StepPlan } from './step-plan.js';

/** The part of a descriptor that makes a ladder. */
interface DescribedLadder {
  readonly channels: readonly { readonly intervalUs: number }[];
  readonly mode: 'several' | 'best';
  readonly symbolBytes: number;
}

/** The level, from 1, that each channel of an object adds (`several`) or is (`best`). */
export function channelLevels({ channels, mode, symbolBytes }: DescribedLadder): readonly number[] {
  if (channels.length === 0) return [];
  const rates = channels.map(({ intervalUs }) => rateOf(intervalUs, symbolBytes));
  const { channelOrder } = new StepPlan({ rates, mode, symbolBytes });
  return rates.map((_, channel) => 1 + channelOrder.indexOf(channel));
}
