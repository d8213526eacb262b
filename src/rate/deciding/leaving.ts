import type { Compared, Step } from '../policy.js';
import type { PathState } from './path-state.js';

/** A step down, and what asks for it. */
interface StepDown {
  readonly step: Step;
  readonly cause: 'limit' | 'host' | 'silence';
}

/**
 * The step down that something else than an overload of the path asks for: the user's limit, this host, or a channel that sends nothing;
 * undefined if nothing does.
 *
 * @param leaveLatencyUs a replicated channel may be joined only when the one before should have stopped arriving, this much later.
 */
export function stepDownFor(path: PathState, leaveLatencyUs: number): StepDown | undefined {
  const { level, levels, load, nowUs } = path;
  if (level > levels.max) {
    const compared = { levelBitsPerSecond: levels.rateOf(level), mostBitsPerSecond: levels.maxRateBitsPerSecond };
    return {
      step: { level: levels.max, why: 'the joined channels exceed the rate limit', compared },
      cause: 'limit',
    };
  }
  if (level <= 1) return undefined;
  if (load.isTooMuch) {
    const why = 'this host drops datagrams because it cannot keep up';
    const keptBitsPerSecond = (1 - load.dropRatio) * levels.rateOf(level);
    return { step: { level: levels.below(level, keptBitsPerSecond), why, compared: load.compared }, cause: 'host' };
  }
  const silentUs = path.heardUs === undefined ? nowUs - path.changedUs : 0;
  // However long a leave takes, half of the patience is left for the channel itself.
  const leastUs = levels.isLayered ? 0 : leaveLatencyUs + path.patienceUs / 2;
  const mostSilentUs = Math.max(path.patienceUs, leastUs);
  if (silentUs < mostSilentUs) return undefined;
  const compared = { silentMs: silentUs / 1000, mostSilentMs: mostSilentUs / 1000 };
  return { step: { level: level - 1, why: 'the joined channel sends nothing', compared }, cause: 'silence' };
}

/** The step to the highest level below the present one within a rate, which an overload showed. */
export function stepBelow(
  { level, levels }: PathState,
  mostBitsPerSecond: number,
  why: string,
  compared: Compared,
): Step {
  const bound: Compared = Number.isFinite(mostBitsPerSecond) ? { mostBitsPerSecond } : {};
  return { level: levels.below(level, mostBitsPerSecond), why, compared: { ...compared, ...bound } };
}
