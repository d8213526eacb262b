import { type PathHistory, STANDING_US } from './path-history.js';

/** A queue below this is nobody's harm; most links show as much when they work as they should. */
export const LOW_QUEUE_US = 20_000;
const EMPTY_QUEUE_US = 4_000;
const HIGH_QUEUE_US = 100_000;
/** A link that is almost full keeps for long what previews bring; a new level that leaves more is too much. */
const NEW_QUEUES = 2;
/** Packets that a path may hold although nothing is too much: bursts of several channels that meet. */
const LOW_QUEUE_PACKETS = 3;

/** A queue that grows this much from one such time to the next is running away: 10 % too much. */
const RUNAWAY_US = 15_000;
/** A step of a third makes delays grow by a quarter of the time in which they arrive: by more than this share, it has another cause. */
const SUDDEN_GROWTH = 0.3;
/** This share lost, beyond what is lost anyway, is too much at once. */
const HEAVY_LOSS_RATIO = 0.1;
/** This share lost is too much even where others share the path, and loss is how they find their rate. */
const DIRE_LOSS_RATIO = 0.25;
/** This share lost is enough to end a trial. */
const MILD_LOSS_RATIO = 0.03;
/** This share lost over a second in which the queue was never empty is too much in the long run. */
const OVERFLOW_LOSS_RATIO = 0.005;
/** What arrives is averaged over so long, when it arrives through a full queue. */
export const ARRIVAL_US = 300_000;
/** Loss is input on so many datagrams at least. */
export const MIN_JUDGED = 20;
/** What is left for others, and for what the estimate is wrong by. */
const MARGIN = 0.1;
/** A queue should be gone after this time, and less than this share is never left. */
const DRAIN_TARGET_US = 700_000;
const MIN_LEFT = 0.2;

/** What is wrong, in words for people, and the rate that would be right. */
export interface Congestion {
  /** Little is lost and the queue grows slowly: another receiver's trial of a level would look the same. */
  readonly isMild: boolean;
  readonly what: string;
  /** The most that should come from now on; infinite says only that it must be less than now. */
  readonly rateBitsPerSecond: number;
}

export interface CongestionInput {
  readonly nowUs: number;
  /** Nothing before this is looked at: the level was another then. */
  readonly freshUs: number;
  /** One packet at the level's rate. */
  readonly packetUs: number;
  /** One packet at the rate of the slowest link. */
  readonly serviceUs: number;
  readonly levelBitsPerSecond: number;
  readonly ambientLossRatio: number;
  /** More will come for so long, whatever is decided now. */
  readonly leaveLatencyUs: number;
  /** Others fill the queue: it says nothing about us. */
  readonly isContended: boolean;
  /** A level is on trial: less is enough to end it. */
  readonly isTrial: boolean;
  /** The level is so new that what comes now may have come with it. */
  readonly isNew: boolean;
}

/** The queue from which on a path has too much of it. */
export function lowQueueUs(serviceUs: number): number {
  return Math.max(LOW_QUEUE_US, LOW_QUEUE_PACKETS * serviceUs);
}

/** The queue below which a path is idle now and then, as it is when it carries less than it could. */
export function emptyQueueUs(serviceUs: number): number {
  return Math.max(EMPTY_QUEUE_US, 2 * serviceUs);
}

/** A ratio for people. */
export function percent(ratio: number): string {
  return `${Math.round(ratio * 1000) / 10} %`;
}

/** What has arrived lately, in bit/s; the less, where the latest differs. */
export function arrivedRate(
  history: PathHistory,
  { nowUs, freshUs }: Pick<CongestionInput, 'nowUs' | 'freshUs'>,
): number {
  // The shorter time knows better what has just changed, the longer one is less mistaken by bursts.
  const { bitsPerSecond } = history.sums(Math.max(freshUs, nowUs - ARRIVAL_US));
  const latest = history.sums(Math.max(freshUs, nowUs - ARRIVAL_US / 2));
  return latest.receivedCount < MIN_JUDGED / 2 ? bitsPerSecond : Math.min(bitsPerSecond, latest.bitsPerSecond);
}

/** So much less than a path carries, in bit/s, that the queue there will be when the leaves have worked drains within a second. */
export function rateThatDrains(
  history: PathHistory,
  {
    nowUs,
    freshUs,
    levelBitsPerSecond,
    leaveLatencyUs,
  }: Pick<CongestionInput, 'nowUs' | 'freshUs' | 'levelBitsPerSecond' | 'leaveLatencyUs'>,
  carriedBitsPerSecond: number,
): number {
  const excessRatio = Math.max(0, levelBitsPerSecond / Math.max(1, carriedBitsPerSecond) - 1);
  const queueUs = history.queueUs(Math.max(freshUs, nowUs - STANDING_US / 2)) + excessRatio * leaveLatencyUs;
  return carriedBitsPerSecond * Math.max(MIN_LEFT, 1 - Math.max(MARGIN, queueUs / DRAIN_TARGET_US));
}

/** Whether more comes than the path carries, from the last second of its history. */
export function congestionOf(history: PathHistory, input: CongestionInput): Congestion | undefined {
  return (
    heavyLoss(history, input) ??
    (input.isContended ? undefined : (growingQueue(history, input) ?? standingQueue(history, input)))
  );
}

/** So much is lost that waiting would be wrong, whoever the others are. */
function heavyLoss(history: PathHistory, input: CongestionInput): Congestion | undefined {
  const { nowUs, freshUs, ambientLossRatio, isContended, isTrial } = input;
  // Radios lose in bursts, queues while they are full.
  const isQueued = history.meanQueueSince(Math.max(freshUs, nowUs - STANDING_US)) >= emptyQueueUs(input.serviceUs);
  const spansUs = isContended || !isQueued ? [1_000_000] : [200_000, 400_000, 1_000_000];
  for (const spanUs of spansUs) {
    const { receivedCount, lostCount } = history.sums(Math.max(freshUs, nowUs - spanUs));
    const count = receivedCount + lostCount;
    if (count < MIN_JUDGED) continue;
    const ratio = lostCount / count;
    // A trial is ended by less, as far as so few datagrams can tell.
    const least = isContended ? DIRE_LOSS_RATIO : isTrial ? MILD_LOSS_RATIO + 0.2 / Math.sqrt(count) : HEAVY_LOSS_RATIO;
    const limit = least + 1.5 * ambientLossRatio;
    if (ratio <= limit) return undefined;
    return { isMild: false, what: `${percent(ratio)} lost`, rateBitsPerSecond: sustainableRate(history, input) };
  }
  return undefined;
}

/** The queue grows quickly. */
function growingQueue(history: PathHistory, input: CongestionInput): Congestion | undefined {
  const { nowUs, freshUs, packetUs, serviceUs, isTrial } = input;
  if (nowUs - freshUs < 2.5 * STANDING_US) return undefined;
  const low = lowQueueUs(serviceUs);
  const sinceUs = Math.max(freshUs, nowUs - STANDING_US);
  const queueUs = history.queueUs(sinceUs);
  const beforeUs = history.queueUs(Math.max(freshUs, nowUs - 2.5 * STANDING_US), nowUs - 1.5 * STANDING_US);
  const grownUs = queueUs - beforeUs;
  if (queueUs <= (isTrial ? low : 1.5 * low) || grownUs <= Math.max(RUNAWAY_US, packetUs)) return undefined;
  return {
    isMild: grownUs < SUDDEN_GROWTH * 1.5 * STANDING_US,
    what: `queue ${milliseconds(queueUs)} and rising`,
    rateBitsPerSecond: sustainableRate(history, input),
  };
}

/** A long queue does not go away. */
function standingQueue(history: PathHistory, input: CongestionInput): Congestion | undefined {
  const { nowUs, freshUs, serviceUs, ambientLossRatio, isNew } = input;
  const high = Math.max(HIGH_QUEUE_US, 2 * lowQueueUs(serviceUs));
  if (nowUs - freshUs < 2.5 * STANDING_US) return undefined;
  const queueUs = history.queueUs(nowUs - 2.5 * STANDING_US);
  const stands = (): Congestion => ({
    isMild: true,
    what: `queue ${milliseconds(queueUs)}`,
    rateBitsPerSecond: sustainableRate(history, input),
  });
  if (queueUs > high) {
    const beforeUs = history.queueUs(Math.max(freshUs, nowUs - 5 * STANDING_US), nowUs - 2.5 * STANDING_US);
    return queueUs < beforeUs ? undefined : stands();
  }
  // What has come with a new level and does not go is of its making.
  if (isNew && queueUs > NEW_QUEUES * lowQueueUs(serviceUs)) return stands();
  // A short queue that is never empty, and overflows.
  if (nowUs - freshUs < 1e6 || history.queueUs(nowUs - 1e6) < emptyQueueUs(serviceUs)) return undefined;
  const { receivedCount, lostCount } = history.sums(nowUs - 1e6);
  const ratio = lostCount / Math.max(1, receivedCount + lostCount);
  if (receivedCount + lostCount < MIN_JUDGED || ratio <= OVERFLOW_LOSS_RATIO + 1.5 * ambientLossRatio) return undefined;
  return {
    isMild: true,
    what: `${percent(ratio)} lost, and a queue`,
    rateBitsPerSecond: Number.POSITIVE_INFINITY,
  };
}

/** What arrived while the path was full is what it carries. */
function sustainableRate(history: PathHistory, input: CongestionInput): number {
  return rateThatDrains(history, input, arrivedRate(history, input));
}

function milliseconds(us: number): string {
  return `${Math.round(us / 1000)} ms`;
}
