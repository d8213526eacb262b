import type { Congestion } from './congestion.js';
import type { LevelContext, PathState } from './path-state.js';
import type { Retreats } from './retreats.js';

/**
 * The path's congestion, if this receiver is the one that must leave; undefined if there is none or another receiver's trial
 * causes it.
 */
export function ownCongestion(path: PathState, retreats: Retreats, now: LevelContext): Congestion | undefined {
  const { rules } = path;
  const congestion = path.congestion(now);
  if (congestion === undefined) {
    retreats.cleared();
    return undefined;
  }
  const { leastShareBitsPerSecond } = path.link;
  if (!congestion.isMild || leastShareBitsPerSecond === undefined || now.isTrial) return congestion;
  const { bitsPerSecond } = path.history.sums(path.slotSinceUs);
  return retreats.judgeQueue(
    path.nowUs,
    bitsPerSecond,
    leastShareBitsPerSecond,
    now.leaveLatencyUs + rules.contention.othersTrialUs,
  )
    ? congestion
    : undefined;
}

/** Whether nothing has arrived from the newest channel for long enough to give it up. */
export function isSilent({ rules, levels, level, nowUs, heardUs, changedUs }: PathState): boolean {
  const patienceUs = Math.max(
    rules.overload.silenceUs,
    rules.overload.silentIntervals * levels.newestIntervalUs(level),
  );
  return heardUs === undefined && nowUs - changedUs >= patienceUs;
}
