import type { BackOff } from './back-off.js';
import type { PathState } from './path-state.js';
import { previewVerdict } from './preview-verdict.js';
import type { StreamReading } from './readings.js';
import type { EndedSlot } from './slot-watch.js';
import { SLOT_US } from './step-plan.js';

/** A level to go to, and the reason in words for people. */
export interface Step {
  readonly level: number;
  readonly why: string;
}

/** The first steps go to this share of the measured capacity: token buckets let trains pass at more than the link's rate. */
const JUMP_RATIO = 0.5;
/** They go to this share when the trains of three slots agree. */
const SURE_JUMP_RATIO = 0.8;
/** One step multiplies the rate by at most this. */
const MAX_JUMP = 4;
/**
 * Only the lowest of replicated channels has trains, and each exchange of two channels may take as long as a leave. So the
 * lowest channel is kept until the trains of three slots agree, but no longer than this. Then one jump goes to 0.9 of the
 * measured capacity; real trains are wrong by up to a tenth.
 */
const REPLICATED_WAIT_US = 2_000_000;
const REPLICATED_JUMP_RATIO = 0.9;
/** A link filled to more than this share has no room for announcements or any other packet. */
const FULL_LINK_RATIO = 0.996;
/** Up to this share of the measured capacity a step needs no preview. */
const NO_PREVIEW_RATIO = 0.97;
/**
 * If the next level needs no more than this share of the measured capacity, the path has changed: the phase `start` begins
 * again.
 */
const REENTRY_RATIO = 0.9;
/** Time between two steps of the start. It is long enough for an overload of ten per cent to show. */
export const START_STEP_US = 300_000;
/** The newest channel must have been arriving for at least this long. */
const START_HEARD_US = 250_000;
/** The rhythm of the link is looked for on the lowest level for at most this long. */
const RHYTHM_WAIT_US = 1_000_000;
/** If no train has arrived by then, the start goes on without a measured capacity. */
const TRAIN_WAIT_US = 1_500_000;
/**
 * A trial of a level is passed after this time, this many round trips and this many of the level's datagrams, whichever is
 * longest.
 */
const TRIAL_US = 1_000_000;
const TRIAL_ROUND_TRIPS = 4;
const TRIAL_DATAGRAMS = 64;
/** A step needs a clear path (no loss, no queue) for two slots. */
const CLEAR_US = 2 * SLOT_US;

const CLEAR = 'no loss and no queue';
/** Reason for a trial, by what the preview of the level showed. */
const REASONS = {
  room: 'the preview found room',
  'no room': 'the measured capacity has room',
  unknown: CLEAR,
} as const;

/**
 * The next step of the phase `start`, which climbs quickly to the measured capacity. `over` if it can climb no further,
 * undefined to wait.
 */
export function stepOfStart(path: PathState): Step | 'over' | undefined {
  const { levels, level, nowUs, heardUs, link } = path;
  const { capacityBitsPerSecond, isSure } = link;
  const sinceUs = nowUs - path.changedUs;
  if (heardUs === undefined) return undefined;
  if (capacityBitsPerSecond === undefined && levels.plan.trainLength > 0 && sinceUs < TRAIN_WAIT_US) return undefined;
  if ((capacityBitsPerSecond === undefined || level > 1) && sinceUs < START_STEP_US) return undefined;
  if (level === 1 && !path.rhythm.isKnown && sinceUs < RHYTHM_WAIT_US) return undefined;
  const isWaiting = !levels.isLayered && level === 1 && capacityBitsPerSecond !== undefined && !isSure;
  if (isWaiting && sinceUs < REPLICATED_WAIT_US) return undefined;
  // A channel may take seconds to arrive, especially a replicated one that waits for another to be left.
  if (level > 1 && nowUs - heardUs < START_HEARD_US) return undefined;
  const next = level + 1;
  const believedRate = link.assess(nowUs);
  const sureRatio = levels.isLayered ? SURE_JUMP_RATIO : REPLICATED_JUMP_RATIO;
  const jumpRatio = isSure ? sureRatio : JUMP_RATIO;
  const jumpRate = Math.min(jumpRatio * believedRate, MAX_JUMP * levels.rateOf(level));
  // Trains that no level of the ladder could fill may have passed a token bucket, which says nothing of the link's rate.
  const isShown = capacityBitsPerSecond !== undefined && capacityBitsPerSecond < levels.rateOf(levels.count);
  const carried = link.hasLied ? NO_PREVIEW_RATIO * believedRate : isShown ? jumpRate : 0;
  const jump = Math.min(levels.max, levels.within(carried));
  const hasRoom = jump > level || levels.rateOf(next) <= NO_PREVIEW_RATIO * believedRate;
  if (!hasRoom || !path.isClear(START_STEP_US) || next > levels.max || path.isContended) return 'over';
  return { level: Math.max(next, jump), why: reasonOfStart(link) };
}

function reasonOfStart({ hasLied, ceilingBitsPerSecond, capacityBitsPerSecond }: PathState['link']): string {
  if (hasLied) return `${inWords(ceilingBitsPerSecond)} arrived through the last overload`;
  return capacityBitsPerSecond === undefined ? CLEAR : `measured capacity ${inWords(capacityBitsPerSecond)}`;
}

/**
 * What to do at the end of a slot while no other traffic competes: use the slot's permission, start again, or do nothing.
 */
export function explore(
  path: PathState,
  { slot, stepLevel }: EndedSlot,
  backOff: BackOff,
  readings: readonly StreamReading[],
  isBreathing: boolean,
): Step | 'start' | undefined {
  const { levels, level, link, nowUs } = path;
  const next = level + 1;
  const nextRate = levels.rateOf(next);
  // Servers may be behind separate links; the capacity measured by one server's trains then does not bound the sum of all.
  const isBeyond = nextRate > FULL_LINK_RATIO * link.mostBitsPerSecond;
  if (next > levels.max || levels.ownRateOf(next) > FULL_LINK_RATIO * link.mostBitsPerSecond || !path.isClear(CLEAR_US))
    return undefined;
  // Outside a start there is time to rely on the slowest train. A host that reads late measures trains as too fast, hardly
  // ever as too slow.
  const sureRate = Math.min(link.assess(nowUs), link.recentShareBitsPerSecond);
  if (link.capacityBitsPerSecond !== undefined && !link.hasLied && nextRate <= REENTRY_RATIO * sureRate) return 'start';
  if (isBreathing && nextRate <= NO_PREVIEW_RATIO * sureRate) return 'start';
  const interval = levels.plan.stepSlots[level - 1]!;
  const isPermitted = stepLevel >= next && (slot + 1) % interval === 0;
  if (!isPermitted || !backOff.permits(next, slot + 1)) return undefined;
  const verdict = previewVerdict(slot, readings);
  // If another receiver behind the bottleneck has the next level already, the preview for that level fills the link. The
  // trains then decide. A level that failed may have failed because of another receiver's trial; the back-off keeps repeated
  // tries rare.
  const fitsCapacity =
    link.capacityBitsPerSecond !== undefined && nextRate <= FULL_LINK_RATIO * link.shareBitsPerSecond;
  if ((verdict === 'no room' && !fitsCapacity) || (isBeyond && verdict !== 'room')) return undefined;
  return { level: next, why: REASONS[verdict] };
}

/** Whether the trial of the present level has lasted long enough. */
export function hasPassed({ levels, level, heardUs, nowUs, joinTimes }: PathState): boolean {
  const datagramsUs = TRIAL_DATAGRAMS * levels.packetUs(level);
  const lastsUs = Math.max(TRIAL_US, TRIAL_ROUND_TRIPS * joinTimes.roundTripUs, datagramsUs);
  return heardUs !== undefined && nowUs - heardUs >= lastsUs;
}

/** The step while other traffic fills the path: one level a slot towards the rate that a TCP connection would have here. */
export function compete(path: PathState, { slot }: EndedSlot, backOff: BackOff): Step | undefined {
  const { levels, level, nowUs } = path;
  const fairRate = path.contention.fairBitsPerSecond(nowUs, {
    roundTripUs: path.roundTripUs(nowUs - SLOT_US),
    capacityBitsPerSecond: path.link.shareBitsPerSecond,
  });
  const why = `other traffic on the path, fair share ${inWords(fairRate)}`;
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
