import { rateText } from '../../base/units.js';
import { SLOT_US } from '../ladder/step-plan.js';
import { judgePreview, NO_PREVIEW } from '../measuring/preview.js';
import type { StreamReading } from '../measuring/readings.js';
import type { EndedSlot } from '../measuring/slot-watch.js';
import type { Compared, Step } from '../policy.js';
import { clearnessOf, isClear, isFull } from './clear-path.js';
import type { BackOff } from './failures.js';
import type { PathState } from './path-state.js';

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
  const { rules, levels, level, nowUs, heardUs, link } = path;
  const { capacityBitsPerSecond, isSure } = link;
  const sinceUs = nowUs - path.changedUs;
  if (heardUs === undefined) return undefined;
  if (capacityBitsPerSecond === undefined && levels.plan.trainLength > 0 && sinceUs < rules.climb.trainWaitUs)
    return undefined;
  if ((capacityBitsPerSecond === undefined || level > 1) && sinceUs < rules.climb.startStepUs) return undefined;
  if (level === 1 && !path.rhythm.isKnown && sinceUs < rules.climb.rhythmWaitUs) return undefined;
  const isWaiting = !levels.isLayered && level === 1 && capacityBitsPerSecond !== undefined && !isSure;
  if (isWaiting && sinceUs < rules.climb.replicatedWaitUs) return undefined;
  // A channel may take seconds to arrive, especially a replicated one that waits for another to be left.
  if (level > 1 && nowUs - heardUs < rules.climb.startHeardUs) return undefined;
  const isUnshown = hasNoTop(path);
  if (level > 1 && isUnshown && nowUs - heardUs < unshownWaitUs(path)) return undefined;
  const next = level + 1;
  const believedRate = link.believedBitsPerSecond(nowUs);
  const sureRatio = levels.isLayered ? rules.climb.sureJumpRatio : rules.climb.replicatedJumpRatio;
  const jumpRatio = isSure ? sureRatio : rules.climb.jumpRatio;
  const jumpRate = Math.min(jumpRatio * believedRate, rules.climb.maxJump * levels.rateOf(level));
  const isShown = capacityBitsPerSecond !== undefined && !isUnshown;
  const carried = link.hasLied ? rules.climb.noPreviewRatio * believedRate : isShown ? jumpRate : 0;
  const jump = Math.min(path.mostLevel, levels.within(carried));
  const hasRoom = jump > level || levels.rateOf(next) <= rules.climb.noPreviewRatio * believedRate;
  if (!hasRoom || !isClear(path, ...clearSpans(path)) || next > path.mostLevel || path.isContended) return 'over';
  if (level > 1 && isUnshown && sinceUs < rules.climb.startStepUs + rules.climb.startSignUs && hasSign(path))
    return undefined;
  const to = Math.max(next, jump);
  const mostBitsPerSecond = jump > level ? carried : rules.climb.noPreviewRatio * believedRate;
  const rates = finite({ nextBitsPerSecond: levels.rateOf(to), mostBitsPerSecond });
  const compared = Number.isFinite(mostBitsPerSecond) ? rates : { ...rates, ...clearnessOf(path, ...clearSpans(path)) };
  return { level: to, why: reasonOfStart(link), compared };
}

/** Whether trains show much more than the ladder has, as through a token bucket or a policer that has tokens left. */
function hasNoTop({ link, levels }: PathState): boolean {
  return link.isUnshown(levels.rateOf(levels.count));
}

/**
 * For how long nothing may be lost, and of how long the least queue counts, before a step of the start. Where trains show no capacity,
 * only the newest readings tell in time that a bucket is empty: each step that is taken while a queue begins is one level more to leave.
 * Where they show it, a short queue is that of another receiver's try, and who stops for it stays on a low level beside the others.
 */
function clearSpans(path: PathState): readonly [spanUs: number, queueSpanUs: number] {
  const { rules, rhythm, history } = path;
  const { startStepUs, startQueueUs } = rules.climb;
  const newestUs = Math.max(startQueueUs, rules.history.standingPeriods * rhythm.periodUs);
  return [startStepUs, hasNoTop(path) ? newestUs : history.standingUs];
}

/** Whether the newest reading lost more than ambient loss, or met a queue. */
function hasSign({ rules, history, ambient, emptyUs }: PathState): boolean {
  const { receivedCount, lostCount, latestQueueUs } = history;
  const mostLostCount = rules.ambient.factor * ambient.ratio * (receivedCount + lostCount);
  return lostCount > mostLostCount || latestQueueUs >= emptyUs;
}

/** How long a level is kept where trains show much more than the ladder has: until so much of it has arrived that a bucket would be empty. */
function unshownWaitUs({ rules, levels, level }: PathState): number {
  return Math.min(rules.climb.unshownMostUs, (rules.climb.unshownBytes * 8e6) / levels.rateOf(level));
}

function reasonOfStart({ hasLied, ceilingBitsPerSecond, capacityBitsPerSecond }: PathState['link']): string {
  if (hasLied) return `${rateText(ceilingBitsPerSecond)} arrived through the last overload`;
  return capacityBitsPerSecond === undefined ? CLEAR : `measured capacity ${rateText(capacityBitsPerSecond)}`;
}

/**
 * What to do at the end of a slot while no other traffic competes: use the slot's permission, start again, or do nothing.
 */
export function explore(
  path: PathState,
  { slot, stepLevel }: EndedSlot,
  backOff: BackOff,
  readings: readonly StreamReading[],
): Step | 'start' | undefined {
  const { rules, levels, level, link, nowUs } = path;
  const next = level + 1;
  const nextRate = levels.rateOf(next);
  // Servers may be behind separate links; the capacity measured by one server's trains then does not bound the sum of all.
  const isBeyond = nextRate > rules.climb.fullLinkRatio * link.mostBitsPerSecond;
  if (
    next > path.mostLevel ||
    levels.ownRateOf(next) > rules.climb.fullLinkRatio * link.mostBitsPerSecond ||
    !isClear(path, rules.climb.clearUs)
  )
    return undefined;
  // Outside a start there is time to rely on the slowest train. A host that reads late measures trains as too fast, hardly
  // ever as too slow.
  const sureRate = Math.min(link.believedBitsPerSecond(nowUs), link.recentShareBitsPerSecond);
  if (link.capacityBitsPerSecond !== undefined && !link.hasLied && nextRate <= rules.climb.reentryRatio * sureRate)
    return 'start';
  if (link.isBreathing(nowUs) && nextRate <= rules.climb.noPreviewRatio * sureRate) return 'start';
  const interval = levels.plan.stepSlots[level - 1]!;
  const isPermitted = !rules.switches.permissions || (stepLevel >= next && (slot + 1) % interval === 0);
  if (!isPermitted || !backOff.permits(next, slot + 1, interval)) return undefined;
  const isShown = rules.switches.previews && rules.switches.delay;
  const { verdict, compared } = isShown ? judgePreview(slot, readings) : NO_PREVIEW;
  // If another receiver behind the bottleneck has the next level already, the preview for that level fills the link. The
  // trains then decide. A level that failed may have failed because of another receiver's trial; the back-off keeps repeated
  // tries rare.
  const fitsCapacity =
    link.capacityBitsPerSecond !== undefined && nextRate <= rules.climb.fullLinkRatio * link.shareBitsPerSecond;
  if ((verdict === 'no room' && !fitsCapacity) || (isBeyond && verdict !== 'room')) return undefined;
  const shown = {
    room: compared,
    'no room': { mostBitsPerSecond: rules.climb.fullLinkRatio * link.shareBitsPerSecond },
    unknown: clearnessOf(path, rules.climb.clearUs),
  }[verdict];
  return { level: next, why: REASONS[verdict], compared: { nextBitsPerSecond: nextRate, ...shown } };
}

/** Whether the trial of the present level has lasted long enough. */
export function hasPassed({ rules, levels, level, heardUs, nowUs, joinTimes }: PathState): boolean {
  const datagramsUs = rules.climb.trialDatagrams * levels.packetUs(level);
  const lastsUs = Math.max(rules.climb.trialUs, rules.climb.trialRoundTrips * joinTimes.roundTripUs, datagramsUs);
  return heardUs !== undefined && nowUs - heardUs >= lastsUs;
}

/** The step while other traffic fills the path: one level a slot towards the rate that a TCP connection would have here. */
export function compete(path: PathState, { slot }: EndedSlot, backOff: BackOff): Step | undefined {
  const { rules, levels, level, nowUs } = path;
  const fairRate = path.contention.fairBitsPerSecond(nowUs, {
    roundTripUs: path.roundTripUs(nowUs - SLOT_US),
    capacityBitsPerSecond: path.link.sharedBitsPerSecond,
  });
  const why = `other traffic on the path, fair share ${rateText(fairRate)}`;
  const levelBitsPerSecond = levels.rateOf(level);
  if (level > 1 && levelBitsPerSecond > fairRate)
    return { level: level - 1, why, compared: { levelBitsPerSecond, mostBitsPerSecond: fairRate } };
  const limit = Math.min(fairRate, rules.climb.noPreviewRatio * path.link.believedBitsPerSecond(nowUs));
  if (level >= path.mostLevel || levels.rateOf(level + 1) > limit || isFull(path)) return undefined;
  if (!backOff.permits(level + 1, slot + 1)) return undefined;
  const nextBitsPerSecond = levels.rateOf(level + 1);
  return { level: level + 1, why, compared: finite({ nextBitsPerSecond, mostBitsPerSecond: limit }) };
}

/** Rates that are known. */
function finite(rates: Compared): Compared {
  return Object.fromEntries(Object.entries(rates).filter(([, rate]) => Number.isFinite(rate)));
}
