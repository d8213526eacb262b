import { averageRate, prevailingRate, type Step } from '../rate-real/levels.js';

/** A level that is left sooner than this has not been reached. */
const HELD_MS = 2000;
/** "Within 10 % of the final level." */
const NEAR_RATIO = 0.1;

/**
 * Time from `fromMs` until the joined rate is within 10 % of the level that prevails from `judgedMs` to `toMs`, and stays so
 * for two seconds; infinite if it never does.
 */
export function settledMs(steps: readonly Step[], fromMs: number, judgedMs: number, toMs: number): number {
  const final = prevailingRate(steps, judgedMs, toMs);
  return heldMs(steps, fromMs, toMs, (rate) => final > 0 && Math.abs(rate - final) <= NEAR_RATIO * final);
}

/** Time from `fromMs` until the joined rate is good enough, and stays so for two seconds; infinite if it never does. */
export function heldMs(
  steps: readonly Step[],
  fromMs: number,
  toMs: number,
  isGood: (rateBitsPerSecond: number) => boolean,
): number {
  const before = steps.findLast(({ atMs }) => atMs <= fromMs)?.rateBitsPerSecond ?? 0;
  let sinceMs = isGood(before) ? fromMs : undefined;
  for (const { atMs, rateBitsPerSecond } of steps) {
    if (atMs <= fromMs || atMs > toMs) continue;
    if (sinceMs !== undefined && atMs - sinceMs >= HELD_MS) break;
    sinceMs = isGood(rateBitsPerSecond) ? (sinceMs ?? atMs) : undefined;
  }
  return sinceMs === undefined || toMs - sinceMs < HELD_MS ? Number.POSITIVE_INFINITY : sinceMs - fromMs;
}

/** Mean of the joined rate over time, as a share of a rate; higher rates count as that rate. */
export function shareOf(steps: readonly Step[], fromMs: number, toMs: number, rateBitsPerSecond: number): number {
  const capped = steps.map((step) => ({
    atMs: step.atMs,
    rateBitsPerSecond: Math.min(step.rateBitsPerSecond, rateBitsPerSecond),
  }));
  return averageRate(capped, fromMs, toMs) / rateBitsPerSecond;
}
