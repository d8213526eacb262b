import type { BackOff } from './back-off.js';
import type { PathState } from './path-state.js';
import { previewVerdict } from './preview-verdict.js';
import type { StreamReading } from './readings.js';
import type { EndedSlot } from './slot-watch.js';
import { SLOT_US } from './step-plan.js';

/** A level to go to, and why, in words for people. */
export interface Step {
  readonly level: number;
  readonly why: string;
}

/** First steps go to this share of what trains promise, at most so many times the rate at once: shapers let trains pass. */
const JUMP_RATIO = 0.5;
/** To this share when the trains of three slots agree. */
const SURE_JUMP_RATIO = 0.8;
const MAX_JUMP = 4;
/**
 * Replicated channels above the lowest bring no trains, and each exchange of two may take as long as a leave. So the lowest is
 * kept until three slots agree, for so long at most, and then all is jumped to that real trains, off by a tenth, can promise.
 */
const REPLICATED_WAIT_US = 2_000_000;
const REPLICATED_JUMP_RATIO = 0.9;
/** A link that is filled to this share has no room for announcements, nor for anybody else's packet. */
const FULL_LINK_RATIO = 0.996;
/** Up to this share of what trains promise a step needs no preview. */
const NO_PREVIEW_RATIO = 0.97;
/** When trains promise that much more than the next level, the path has changed: time for another start. */
const REENTRY_RATIO = 0.9;
/** Between steps of the start: long enough for ten per cent too much to show. */
export const START_STEP_US = 300_000;
/** For so long at least the newest channel must have come. */
const START_HEARD_US = 250_000;
/** Without any train by then, the start goes on without. */
const TRAIN_WAIT_US = 1_500_000;
/** A new level has passed after so long, so many round trips, and so many of its datagrams. */
const TRIAL_US = 1_000_000;
const TRIAL_ROUND_TRIPS = 4;
const TRIAL_DATAGRAMS = 64;
/** Nothing may have spoken against a step for two slots. */
const CLEAR_US = 2 * SLOT_US;

const CLEAR = 'nothing lost, no queue';
/** Why to try a level, by what its preview showed. */
const REASONS = { room: 'the preview found room', 'no room': 'trains find room', unknown: CLEAR } as const;

/** The next step of a start: quickly, as far as trains promise. `over` when nothing more can be had so, undefined to wait. */
export function stepOfStart(path: PathState): Step | 'over' | undefined {
  const { levels, level, nowUs, heardUs } = path;
  const { capacityBitsPerSecond, isSure } = path.link;
  const sinceUs = nowUs - path.changedUs;
  if (heardUs === undefined) return undefined;
  if (capacityBitsPerSecond === undefined && levels.plan.trainLength > 0 && sinceUs < TRAIN_WAIT_US) return undefined;
  if ((capacityBitsPerSecond === undefined || level > 1) && sinceUs < START_STEP_US) return undefined;
  const isWaiting = !levels.isLayered && level === 1 && capacityBitsPerSecond !== undefined && !isSure;
  if (isWaiting && sinceUs < REPLICATED_WAIT_US) return undefined;
  // A channel may take its time to come, above all one that waits for another to go.
  if (level > 1 && nowUs - heardUs < START_HEARD_US) return undefined;
  const next = level + 1;
  const believedRate = path.link.assess(nowUs);
  const sureRatio = levels.isLayered ? SURE_JUMP_RATIO : REPLICATED_JUMP_RATIO;
  const jumpRatio = isSure ? sureRatio : JUMP_RATIO;
  const jumpRate = Math.min(jumpRatio * believedRate, MAX_JUMP * levels.rateOf(level));
  const jump = capacityBitsPerSecond === undefined ? 0 : Math.min(levels.max, levels.within(jumpRate));
  const hasRoom = jump > level || levels.rateOf(next) <= NO_PREVIEW_RATIO * believedRate;
  if (!hasRoom || !path.isClear(START_STEP_US) || next > levels.max || path.isContended) return 'over';
  return {
    level: Math.max(next, jump),
    why: capacityBitsPerSecond === undefined ? CLEAR : `trains pass at ${inWords(capacityBitsPerSecond)}`,
  };
}

/** What to do with the end of a slot on a path that is ours: use its permission, start anew, or nothing. */
export function explore(
  path: PathState,
  { slot, stepLevel }: EndedSlot,
  backOff: BackOff,
  readings: readonly StreamReading[],
): Step | 'start' | undefined {
  const { levels, level, link, nowUs } = path;
  const next = level + 1;
  const nextRate = levels.rateOf(next);
  // Several servers may come by links of their own, and what one's trains promise is then not for the sum.
  const isBeyond = nextRate > FULL_LINK_RATIO * link.mostBitsPerSecond;
  if (next > levels.max || levels.ownRateOf(next) > FULL_LINK_RATIO * link.mostBitsPerSecond || !path.isClear(CLEAR_US))
    return undefined;
  // Who has time believes the slowest: what reads trains late takes them for faster than they were, hardly ever for slower.
  const sureRate = Math.min(link.assess(nowUs), link.recentShareBitsPerSecond);
  if (link.capacityBitsPerSecond !== undefined && nextRate <= REENTRY_RATIO * sureRate) return 'start';
  const interval = levels.plan.stepSlots[level - 1]!;
  const isPermitted = stepLevel >= next && (slot + 1) % interval === 0;
  if (!isPermitted || !backOff.permits(next, slot + 1)) return undefined;
  const verdict = previewVerdict(slot, readings);
  // Where another receiver has the next level already, its own preview fills the link; trains know better. What failed once may
  // have failed for another's trial: the back-off keeps it rare enough.
  const fitsCapacity =
    link.capacityBitsPerSecond !== undefined && nextRate <= FULL_LINK_RATIO * link.shareBitsPerSecond;
  if ((verdict === 'no room' && !fitsCapacity) || (isBeyond && verdict !== 'room')) return undefined;
  return { level: next, why: REASONS[verdict] };
}

/** Whether a level on trial has been there for long enough. */
export function hasPassed({ levels, level, heardUs, nowUs, joinTimes }: PathState): boolean {
  const datagramsUs = TRIAL_DATAGRAMS * levels.packetUs(level);
  const lastsUs = Math.max(TRIAL_US, TRIAL_ROUND_TRIPS * joinTimes.roundTripUs, datagramsUs);
  return heardUs !== undefined && nowUs - heardUs >= lastsUs;
}

/** Where others fill the path: towards what a TCP would have in our place, a level a slot. */
export function compete(path: PathState, { slot }: EndedSlot, backOff: BackOff): Step | undefined {
  const { levels, level, nowUs } = path;
  const fairRate = path.contention.fairBitsPerSecond(nowUs, {
    roundTripUs: path.roundTripUs(nowUs - SLOT_US),
    capacityBitsPerSecond: path.link.shareBitsPerSecond,
  });
  const why = `others on the path, fair are ${inWords(fairRate)}`;
  if (level > 1 && levels.rateOf(level) > fairRate) return { level: level - 1, why };
  const limit = Math.min(fairRate, NO_PREVIEW_RATIO * path.link.assess(nowUs));
  if (level >= levels.max || levels.rateOf(level + 1) > limit || !backOff.permits(level + 1, slot + 1))
    return undefined;
  return { level: level + 1, why };
}

function inWords(bitsPerSecond: number): string {
  if (bitsPerSecond < 1e6) return `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
  return Number.isFinite(bitsPerSecond) ? `${Math.round(bitsPerSecond / 1e5) / 10} Mbit/s` : 'any rate';
}
