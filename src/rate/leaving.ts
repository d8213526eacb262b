import type { Congestion } from './congestion.js';
import { OTHERS_TRIAL_US } from './contention.js';
import type { LevelContext, PathState } from './path-state.js';
import type { Retreats } from './retreats.js';

/** A channel from which nothing arrives for this long, and for this many of its intervals, is given up. */
const SILENCE_US = 5_000_000;
const SILENT_INTERVALS = 10;

/**
 * The path's congestion, if this receiver is the one that must leave; undefined if there is none or another receiver's trial
 * causes it.
 */
export function ownCongestion(path: PathState, retreats: Retreats, now: LevelContext): Congestion | undefined {
  const congestion = path.congestion(now);
  if (congestion === undefined) {
    retreats.cleared();
    return undefined;
  }
  const { leastShareBitsPerSecond } = path.link;
  if (!congestion.isMild || leastShareBitsPerSecond === undefined || now.isTrial) return congestion;
  const { bitsPerSecond } = path.history.sums(path.slotSinceUs);
  return retreats.judgeQueue(path.nowUs, bitsPerSecond, leastShareBitsPerSecond, now.leaveLatencyUs + OTHERS_TRIAL_US)
    ? congestion
    : undefined;
}

/** Whether nothing has arrived from the newest channel for long enough to give it up. */
export function isSilent({ levels, level, nowUs, heardUs, changedUs }: PathState): boolean {
  const patienceUs = Math.max(SILENCE_US, SILENT_INTERVALS * levels.newestIntervalUs(level));
  return heardUs === undefined && nowUs - changedUs >= patienceUs;
}
