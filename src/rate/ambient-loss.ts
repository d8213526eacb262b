/**
 * Datagrams over which the average is taken. With this many, a loss of a few per cent is known to within a quarter of its
 * value.
 */
const WINDOW_DATAGRAMS = 1000;
/** Usable radio links lose less than this. A higher loss comes from a queue that was full from the beginning. */
const MAX_AMBIENT_LOSS_RATIO = 0.3;
/** Fewer datagrams than this give no estimate. */
const MIN_DATAGRAMS = 30;
/** What is lost on the present level is compared with ambient loss for this long and then becomes part of it. */
const COMPARED_US = 5_000_000;
/** Losses on the present level are judged on at least this many datagrams. */
const MIN_COMPARED = 100;
/** A level may lose this much more than ambient loss: "no loss" to everybody else on the link. */
const EXCESS_LOSS_RATIO = 0.01;
const AMBIENT_FACTOR = 1.5;
/** Losses up to this share are none. */
const NO_LOSS_RATIO = 0.003;
/** Standard errors of the loss by which it must exceed the limit. */
const STANDARD_ERRORS = 3;
/** With no loss until now, the error is that of this many losses. */
const LEAST_LOST = 5;
/**
 * If the level below loses this share of what was lost above it, the level above was not the cause. A level that a policer carries loses
 * nothing; and losses that a level is left for are more than the mean, or it would not have been left.
 */
const SAME_LOSS = 0.25;
/** The level below is watched for this many datagrams, or for this long if these are not too few. */
const JUDGED_DATAGRAMS = 400;
const JUDGED_US = 4_000_000;
const MIN_JUDGED = 60;

/** Losses with this index of dispersion or more come in bursts. */
const BURSTY = 1.5;

/** What happened to some datagrams. `squares` is the sum of the squares of losses by reading, which tells bursts. */
interface Sums {
  count: number;
  lostCount: number;
  squares: number;
  readingCount: number;
}

/**
 * The share of datagrams that is lost although no queue is full. A radio link loses at any level, a policer only at levels above
 * its rate. So the losses on the present level are compared with those on levels below, and only losses that another level has too become
 * ambient loss.
 */
export class AmbientLoss {
  readonly #known: Sums = nothing();
  /** The levels that were climbed since, while nothing proves that they held. */
  readonly #climbed: Sums = nothing();
  /** The present level, for up to five seconds. */
  readonly #present: Sums = nothing();
  #sinceUs = 0;
  /** Loss that made the receiver leave the level above, until it is known whether that level was the cause. */
  #suspectedRatio: number | undefined;

  /** The estimate, from 0 to 0.3. */
  get ratio(): number {
    const count = this.#known.count + this.#climbed.count;
    const lostCount = this.#known.lostCount + this.#climbed.lostCount;
    return count < MIN_DATAGRAMS ? 0 : Math.min(MAX_AMBIENT_LOSS_RATIO, lostCount / count);
  }

  /** The loss of the present level, if it is more than ambient loss explains. */
  get excessRatio(): number | undefined {
    const { count, lostCount } = this.#present;
    if (count < MIN_COMPARED) return undefined;
    return lostCount / count > this.limit(EXCESS_LOSS_RATIO, count) ? lostCount / count : undefined;
  }

  /** The loss of some datagrams that ambient loss and chance explain, and `leastRatio` more. */
  limit(leastRatio: number, count: number, isQueued = false): number {
    const bursts = Math.max(burstsOf(this.#known), burstsOf(this.#present));
    // A full queue explains losses; only where losses are known to come in bursts, chance may.
    if (isQueued && bursts < BURSTY) return leastRatio + AMBIENT_FACTOR * this.ratio;
    const known = Math.max(this.ratio, LEAST_LOST / count);
    return leastRatio + AMBIENT_FACTOR * this.ratio + STANDARD_ERRORS * Math.sqrt((known * bursts) / count);
  }

  /** Adds a reading of the present level. */
  add(nowUs: number, receivedCount: number, lostCount: number): void {
    if (this.#present.count === 0) this.#sinceUs = nowUs;
    const { count } = this.#present;
    addTo(this.#present, { count: receivedCount + lostCount, lostCount, squares: lostCount ** 2, readingCount: 1 });
    const isEnough = nowUs - this.#sinceUs >= COMPARED_US || count >= 2 * WINDOW_DATAGRAMS;
    if (this.#suspectedRatio !== undefined || !isEnough || this.excessRatio !== undefined) return;
    // Small steps must not add up: a level that loses a little more each time would never lose too much.
    if (this.#present.lostCount <= Math.max(this.ratio, NO_LOSS_RATIO) * this.#present.count) this.settle();
    else Object.assign(this.#present, nothing());
  }

  /** A higher level follows. */
  climbed(): void {
    addTo(this.#climbed, this.#present);
    Object.assign(this.#present, nothing());
  }

  /** The present level has nothing below it, or has held: its losses are ambient. */
  settle(): void {
    addTo(this.#known, this.#climbed);
    addTo(this.#known, this.#present);
    Object.assign(this.#climbed, nothing());
    Object.assign(this.#present, nothing());
    const scale = WINDOW_DATAGRAMS / this.#known.count;
    if (scale >= 1) return;
    this.#known.count *= scale;
    this.#known.lostCount *= scale;
    this.#known.squares *= scale;
    this.#known.readingCount *= scale;
  }

  /** Whether it is not known yet if the level above caused the losses for which it was left. */
  get isJudging(): boolean {
    return this.#suspectedRatio !== undefined;
  }

  /**
   * The level is left for a lower one.
   *
   * @param suspectedRatio loss without a queue that made the receiver leave; undefined if something else did.
   */
  left(suspectedRatio?: number): void {
    Object.assign(this.#present, nothing());
    Object.assign(this.#climbed, nothing());
    this.#suspectedRatio = suspectedRatio;
  }

  /**
   * Decides whether the level above caused its losses, once the present one tells. Returns true if it did not, and false if it did;
   * undefined while there is nothing to decide.
   */
  judge(nowUs: number): boolean | undefined {
    if (this.#suspectedRatio === undefined) return undefined;
    const { count, lostCount } = this.#present;
    const isLong = count > 0 && nowUs - this.#sinceUs >= JUDGED_US;
    if (count < (isLong ? MIN_JUDGED : JUDGED_DATAGRAMS)) return undefined;
    const excessRatio = lostCount / count - this.ratio;
    const isSame = excessRatio >= Math.max(EXCESS_LOSS_RATIO, SAME_LOSS * (this.#suspectedRatio - this.ratio));
    this.#suspectedRatio = undefined;
    if (isSame) Object.assign(this.#known, nothing());
    if (isSame || excessRatio < EXCESS_LOSS_RATIO) this.settle();
    return isSame;
  }
}

function nothing(): Sums {
  return { count: 0, lostCount: 0, squares: 0, readingCount: 0 };
}

function addTo(sums: Sums, { count, lostCount, squares, readingCount }: Sums): void {
  sums.count += count;
  sums.lostCount += lostCount;
  sums.squares += squares;
  sums.readingCount += readingCount;
}

/**
 * By how much losses come together: the variance of the losses of a reading, divided by their mean (index of dispersion), at least 1.
 */
function burstsOf({ lostCount, squares, readingCount }: Sums): number {
  return lostCount === 0 ? 1 : Math.max(1, squares / lostCount - lostCount / readingCount);
}
