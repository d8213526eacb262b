import { prevailingRate } from '../../rate-real/levels.js';
import { heldMs } from '../levels.js';
import { dropRatio, type Recording, rateBetween } from '../recording.js';

export const SECONDS = 60;
const END_MS = SECONDS * 1000;
/** The beginning, for which drops have a bound of their own. */
export const START_MS = 10_000;
/** The level that prevails from here on is the final one. */
const FINAL_MS = 30_000;

/** What all rows about links measure of their receiver. */
export interface LinkFigures {
  /** Share of the packets sent to the link that it dropped in the first 10 s, and after, %. */
  readonly startDrops: number;
  readonly laterDrops: number;
  /** From the first join until the joined rate is 0.9 of the final one and stays so for 2 s; infinite if never. */
  readonly reachedS: number;
  /** How often the joined rate rose. */
  readonly joins: number;
}

export function linkFigures(recording: Recording): LinkFigures {
  const steps = recording.steps[0]!;
  const firstMs = steps[0]?.atMs ?? 0;
  const final = prevailingRate(steps, FINAL_MS, END_MS);
  const joins = steps.filter(({ rateBitsPerSecond }, index) => {
    return rateBitsPerSecond > (steps[index - 1]?.rateBitsPerSecond ?? 0);
  });
  return {
    startDrops: 100 * dropRatio(recording, 0, START_MS),
    laterDrops: 100 * dropRatio(recording, START_MS, END_MS),
    reachedS: heldMs(steps, firstMs, END_MS, (rate) => final > 0 && rate >= 0.9 * final) / 1000,
    joins: joins.length,
  };
}

/** What the receiver got of what it had joined, whole packets, bit/s. */
export function goodput(recording: Recording, fromMs: number): number {
  return rateBetween(recording, fromMs, END_MS, ({ heardBytes }) => heardBytes[0]!);
}
