import type { ExcessLoss } from '../measuring/ambient-loss.js';
import type { PathHistory } from '../measuring/path-history.js';
import type { Compared } from '../policy.js';
import type { Rules } from '../rules.js';
import { emptyQueueUs, lowQueueUs, type Retreats } from './retreats.js';
import { type RetreatInput, sustainableRate } from './sustainable-rate.js';

/** An overload of the path. */
export interface Congestion {
  /** Loss is small and the queue grows slowly. Another receiver's trial of a level would look the same. */
  readonly isMild: boolean;
  /** In words for people. */
  readonly what: string;
  readonly compared: Compared;
  /** Highest rate that should be joined from now on. Infinite: any level below the present one. */
  readonly rateBitsPerSecond: number;
}

/** What congestion is judged by, beside the history of the path. */
export interface CongestionInput extends RetreatInput {
  /** Time between two packets at the level's rate. */
  readonly packetUs: number;
  /** The loss of some datagrams that ambient loss and chance explain, and some more. */
  readonly lossLimit: (leastRatio: number, count: number, isQueued: boolean) => number;
  /** Loss of the level that ambient loss does not explain. */
  readonly excessLoss: ExcessLoss | undefined;
  /** Other traffic fills the queue, so the queue says nothing about this receiver's rate. */
  readonly isContended: boolean;
  /** The level is on trial: a smaller overload ends it. */
  readonly isTrial: boolean;
  /** The level is so new that it may be the cause of the queue. */
  readonly isNew: boolean;
}

/** What the controller adds to a path's state when congestion is judged. */
export type LevelContext = Pick<CongestionInput, 'leaveLatencyUs' | 'isTrial' | 'isNew'>;

/** A ratio as text. */
export function percent(ratio: number): string {
  return `${Math.round(ratio * 1000) / 10} %`;
}

/** Judges by the last second of the history whether more arrives than the path carries; undefined if not. */
export function congestionOf(history: PathHistory, input: CongestionInput): Congestion | undefined {
  return (
    heavyLoss(history, input) ??
    (input.isContended ? undefined : (growingQueue(history, input) ?? standingQueue(history, input)))
  );
}

/** The part of a path's state that tells whose congestion it is. */
interface CongestedPath {
  readonly rules: Rules;
  readonly nowUs: number;
  readonly slotSinceUs: number;
  readonly history: PathHistory;
  readonly link: { readonly leastShareBitsPerSecond: number | undefined };
  congestion(now: LevelContext): Congestion | undefined;
}

/**
 * The path's congestion, if this receiver is the one that must leave; undefined if there is none or another receiver's trial
 * causes it.
 */
export function ownCongestion(path: CongestedPath, retreats: Retreats, now: LevelContext): Congestion | undefined {
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

/** So much is lost that the receiver must leave at once, whatever the other traffic is. */
function heavyLoss(history: PathHistory, input: CongestionInput): Congestion | undefined {
  const { rules } = input;
  const { nowUs, freshUs, isContended } = input;
  if (nowUs - freshUs < rules.overload.leastJudgedUs) return undefined;
  // Radio links lose in bursts; full queues lose all the time. Without a queue only a whole second counts.
  const isQueued =
    history.meanQueueSince(Math.max(freshUs, nowUs - history.standingUs)) >=
    emptyQueueUs(input.rules, input.serviceUs, input.periodUs);
  const spansUs = isContended || !isQueued ? [1_000_000] : [200_000, 400_000, 1_000_000];
  for (const spanUs of spansUs) {
    const { receivedCount, lostCount } = history.sums(Math.max(freshUs, nowUs - spanUs));
    const count = receivedCount + lostCount;
    if (count < rules.overload.minJudged) continue;
    const ratio = lostCount / count;
    const most = lossLimit(input, count, isQueued);
    if (ratio <= most) break;
    return heavy(history, input, `${percent(ratio)} lost`, { lossRatio: ratio, mostLossRatio: most });
  }
  const { excessLoss, ambientLossRatio } = input;
  if (isContended || excessLoss === undefined) return undefined;
  const what = `${percent(excessLoss.lossRatio)} lost, more than on lower levels`;
  return heavy(history, input, what, { ...excessLoss, ambientLossRatio });
}

function heavy(history: PathHistory, input: CongestionInput, what: string, compared: Compared): Congestion {
  return { isMild: false, what, compared, rateBitsPerSecond: sustainableRate(history, input) };
}

/** The most that some datagrams may lose. A smaller loss ends a trial; the allowance of 0.2/√n is for the error of few datagrams. */
function lossLimit(input: CongestionInput, count: number, isQueued: boolean): number {
  const { rules } = input;
  if (input.isContended) return rules.overload.direLossRatio + rules.ambient.factor * input.ambientLossRatio;
  const mildRatio = rules.overload.mildLossRatio + (isQueued ? 0.2 / Math.sqrt(count) : 0);
  return input.lossLimit(input.isTrial ? mildRatio : rules.overload.heavyLossRatio, count, isQueued);
}

/** The queue grows quickly. */
function growingQueue(history: PathHistory, input: CongestionInput): Congestion | undefined {
  const { rules, nowUs, freshUs, packetUs, serviceUs, isTrial } = input;
  if (nowUs - freshUs < 2.5 * history.standingUs) return undefined;
  const low = lowQueueUs(input.rules, serviceUs, input.periodUs);
  const sinceUs = Math.max(freshUs, nowUs - history.standingUs);
  const queueUs = history.queueUs(sinceUs);
  const beforeUs = history.queueUs(
    Math.max(freshUs, nowUs - 2.5 * history.standingUs),
    nowUs - 1.5 * history.standingUs,
  );
  const grownUs = queueUs - beforeUs;
  if (queueUs <= (isTrial ? low : 1.5 * low) || grownUs <= Math.max(rules.overload.runawayUs, packetUs))
    return undefined;
  return {
    isMild: grownUs < rules.overload.suddenGrowth * 1.5 * history.standingUs,
    what: `queue ${milliseconds(queueUs)} and rising`,
    compared: {
      queueMs: queueUs / 1000,
      mostQueueMs: (isTrial ? low : 1.5 * low) / 1000,
      grownMs: grownUs / 1000,
      mostGrownMs: Math.max(rules.overload.runawayUs, packetUs) / 1000,
    },
    rateBitsPerSecond: sustainableRate(history, input),
  };
}

/** A queue stands and does not shrink. */
function standingQueue(history: PathHistory, input: CongestionInput): Congestion | undefined {
  const { rules, nowUs, freshUs, serviceUs, ambientLossRatio, isNew } = input;
  const high = Math.max(rules.overload.highQueueUs, 2 * lowQueueUs(input.rules, serviceUs, input.periodUs));
  if (nowUs - freshUs < 2.5 * history.standingUs) return undefined;
  const queueUs = history.queueUs(nowUs - 2.5 * history.standingUs);
  const stands = (mostUs: number, bounds: Compared = {}): Congestion => ({
    isMild: true,
    what: `queue ${milliseconds(queueUs)}`,
    compared: { queueMs: queueUs / 1000, mostQueueMs: mostUs / 1000, ...bounds },
    rateBitsPerSecond: sustainableRate(history, input),
  });
  if (queueUs > high) {
    const beforeUs = history.queueUs(
      Math.max(freshUs, nowUs - 5 * history.standingUs),
      nowUs - 2.5 * history.standingUs,
    );
    return queueUs < beforeUs ? undefined : stands(high, { leastQueueMs: beforeUs / 1000 });
  }
  // A queue that came with a new level and stays is caused by that level.
  const newMost = rules.overload.newQueues * lowQueueUs(rules, serviceUs, input.periodUs);
  if (isNew && queueUs > newMost) return stands(newMost);
  // A shorter queue also counts if it was never empty for a second and packets were lost.
  const emptyUs = emptyQueueUs(input.rules, serviceUs, input.periodUs);
  const leastUs = history.queueUs(nowUs - 1e6);
  if (nowUs - freshUs < 1e6 || leastUs < emptyUs) return undefined;
  const { receivedCount, lostCount } = history.sums(nowUs - 1e6);
  const ratio = lostCount / Math.max(1, receivedCount + lostCount);
  const mostRatio = rules.overload.overflowLossRatio + rules.ambient.factor * ambientLossRatio;
  if (receivedCount + lostCount < rules.overload.minJudged || ratio <= mostRatio) return undefined;
  return {
    isMild: true,
    what: `${percent(ratio)} lost, with a standing queue`,
    compared: {
      lossRatio: ratio,
      mostLossRatio: mostRatio,
      queueMs: leastUs / 1000,
      leastQueueMs: emptyUs / 1000,
    },
    rateBitsPerSecond: Number.POSITIVE_INFINITY,
  };
}

function milliseconds(us: number): string {
  return `${Math.round(us / 1000)} ms`;
}
