import type { Congestion } from './congestion.js';
import { OTHERS_TRIAL_US } from './contention.js';
import type { LevelContext, PathState } from './path-state.js';
import type { Retreats } from './retreats.js';

/** A channel that brings nothing for so long, or so many of its intervals, is not to be had. */
const SILENCE_US = 5_000_000;
const SILENT_INTERVALS = 10;

/** Whether more comes than the path carries, and ending it is up to this receiver. */
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

/** Whether the newest channel brings nothing, and has had the time to. */
export function isSilent({ levels, level, nowUs, heardUs, changedUs }: PathState): boolean {
  const patienceUs = Math.max(SILENCE_US, SILENT_INTERVALS * levels.newestIntervalUs(level));
  return heardUs === undefined && nowUs - changedUs >= patienceUs;
}
