import { lossRatioOf, type PathHistory } from '../measuring/path-history.js';
import type { Rules } from '../rules.js';
import { emptyQueueUs } from './retreats.js';

/** What the rate of a retreat is computed from, beside the history of the path. */
export interface RetreatInput {
  readonly rules: Rules;
  readonly nowUs: number;
  /** When the present level was joined. Earlier readings are not used. */
  readonly freshUs: number;
  /** Time that the slowest link needs for one packet. */
  readonly serviceUs: number;
  /** Period in which the link serves; waiting for as long is no queue. */
  readonly periodUs: number;
  readonly levelBitsPerSecond: number;
  readonly ambientLossRatio: number;
  /** Trains pass at far more than the level's rate, as through a token bucket. */
  readonly isBucket: boolean;
  /** The capacity moves by itself. */
  readonly isBreathing: boolean;
  /** How long a channel keeps arriving after a leave. */
  readonly leaveLatencyUs: number;
}

/** The rate to retreat to: the rate that arrives while the path is full is the rate that it carries. */
export function sustainableRate(history: PathHistory, input: RetreatInput): number {
  const { rules } = input;
  if (history.meanQueueSince(input.nowUs - 1e6) < emptyQueueUs(input.rules, input.serviceUs, input.periodUs)) {
    const arrived = policedRate(history, rules, Math.max(input.freshUs, input.nowUs - 1e6));
    return ((1 - rules.overload.policedMargin) * arrived) / (1 - input.ambientLossRatio);
  }
  return rateThatDrains(history, input, arrivedRate(history, input));
}

/**
 * What has arrived since `sinceUs`, or since the first loss after that, in bit/s, whichever is less: until its bucket is empty, a policer lets
 * more pass than its rate.
 */
export function policedRate(history: PathHistory, { overload }: Rules, sinceUs: number): number {
  const { bitsPerSecond } = history.sums(sinceUs);
  const lostUs = history.firstLossUs(sinceUs);
  if (lostUs === undefined) return bitsPerSecond;
  // A loss is reported one reading after it happened, so all of the reading that reports it came after it.
  const latest = history.sums(lostUs - 1);
  const isEnough = latest.receivedCount + latest.lostCount >= overload.minJudged;
  return isEnough ? Math.min(bitsPerSecond, latest.bitsPerSecond) : bitsPerSecond;
}

/** Rate that arrived lately, in bit/s: over one and a half standing times or over the last half of these, whichever is lower. */
export function arrivedRate(
  history: PathHistory,
  { rules, nowUs, freshUs }: Pick<RetreatInput, 'rules' | 'nowUs' | 'freshUs'>,
): number {
  // The shorter span follows changes sooner; the longer one is less disturbed by bursts.
  const spanUs = rules.overload.arrivalTimes * history.standingUs;
  const { bitsPerSecond } = history.sums(Math.max(freshUs, nowUs - spanUs));
  const latest = history.sums(Math.max(freshUs, nowUs - spanUs / 2));
  return latest.receivedCount < rules.overload.minJudged / 2
    ? bitsPerSecond
    : Math.min(bitsPerSecond, latest.bitsPerSecond);
}

/**
 * A rate below what the path carries, in bit/s, at which the queue that will stand once the leaves have worked drains within
 * `drainTargetUs`.
 */
export function rateThatDrains(
  history: PathHistory,
  {
    rules,
    nowUs,
    freshUs,
    levelBitsPerSecond,
    leaveLatencyUs,
    isBucket,
    isBreathing,
  }: Pick<
    RetreatInput,
    'rules' | 'nowUs' | 'freshUs' | 'levelBitsPerSecond' | 'leaveLatencyUs' | 'isBucket' | 'isBreathing'
  >,
  carriedBitsPerSecond: number,
): number {
  const excessRatio = Math.max(0, levelBitsPerSecond / Math.max(1, carriedBitsPerSecond) - 1);
  const standsUs = history.queueUs(Math.max(freshUs, nowUs - history.standingUs / 2));
  // Without a queue the path drops what it does not carry, and nothing has to drain.
  if (standsUs < rules.overload.emptyQueueUs) return carriedBitsPerSecond * (1 - rules.overload.policedMargin);
  // A queue that loses packets is full and grows no more.
  const isFull =
    lossRatioOf(history.sums(Math.max(freshUs, nowUs - rules.history.standingUs))) > rules.overload.fullQueueLossRatio;
  const queueUs = standsUs + (isFull && isBucket ? 0 : excessRatio * leaveLatencyUs);
  const leastShare = isBreathing ? rules.overload.breathMinLeft : rules.overload.minLeft;
  return (
    carriedBitsPerSecond *
    Math.max(leastShare, 1 - Math.max(rules.overload.margin, queueUs / rules.overload.drainTargetUs))
  );
}
