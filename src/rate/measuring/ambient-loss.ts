import { RULES, type Rules } from '../rules.js';

/** What happened to some datagrams. `squares` is the sum of the squares of losses by reading, which tells bursts. */
interface Sums {
  count: number;
  lostCount: number;
  squares: number;
  readingCount: number;
}

/** A loss, and the bound that it exceeds; shares, 0–1. */
export interface ExcessLoss {
  readonly lossRatio: number;
  readonly mostLossRatio: number;
}

/**
 * The share of datagrams that is lost although no queue is full. A radio link loses at any level, a policer only at levels above
 * its rate. So the losses on the present level are compared with those on levels below, and only losses that another level has too become
 * ambient loss.
 */
export class AmbientLoss {
  readonly #rules: Rules;
  readonly #known: Sums = nothing();
  /** The levels that were climbed since, while nothing proves that they held. */
  readonly #climbed: Sums = nothing();
  /** The present level, for up to five seconds. */
  readonly #present: Sums = nothing();
  #sinceUs = 0;
  /** Loss that made the receiver leave the level above, until it is known whether that level was the cause. */
  #suspectedRatio: number | undefined;
  /** Levels in a row, below the suspected one, that lost as much. */
  #sameCount = 0;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  /** The estimate, from 0 to 0.3. */
  get ratio(): number {
    const count = this.#known.count + this.#climbed.count;
    const lostCount = this.#known.lostCount + this.#climbed.lostCount;
    return count < this.#rules.ambient.minDatagrams ? 0 : Math.min(this.#rules.ambient.maxRatio, lostCount / count);
  }

  /** The loss of the present level, for up to five seconds. */
  get presentRatio(): number {
    return this.#present.lostCount / Math.max(1, this.#present.count);
  }

  /** The loss of the present level and the most that ambient loss explains, if it is more than that. */
  get excess(): ExcessLoss | undefined {
    const { count, lostCount } = this.#present;
    if (lostCount === 0 || count < this.#rules.ambient.minCompared) return undefined;
    const mostLossRatio = this.limit(this.#rules.ambient.excessLossRatio, count);
    const lossRatio = lostCount / count;
    return lossRatio > mostLossRatio ? { lossRatio, mostLossRatio } : undefined;
  }

  /** The loss of some datagrams that ambient loss and chance explain, and `leastRatio` more. */
  limit(leastRatio: number, count: number, isQueued = false): number {
    const bursts = Math.max(burstsOf(this.#known), burstsOf(this.#present));
    // A full queue explains losses; only where losses are known to come in bursts, chance may.
    if (isQueued && bursts < this.#rules.ambient.bursty) return leastRatio + this.#rules.ambient.factor * this.ratio;
    const known = Math.max(this.ratio, this.#rules.ambient.leastLost / count);
    return (
      leastRatio +
      this.#rules.ambient.factor * this.ratio +
      this.#rules.ambient.standardErrors * Math.sqrt((known * bursts) / count)
    );
  }

  /** Adds a reading of the present level. */
  add(nowUs: number, receivedCount: number, lostCount: number): void {
    if (this.#present.count === 0) this.#sinceUs = nowUs;
    const { count } = this.#present;
    addTo(this.#present, { count: receivedCount + lostCount, lostCount, squares: lostCount ** 2, readingCount: 1 });
    const isEnough =
      nowUs - this.#sinceUs >= this.#rules.ambient.comparedUs || count >= 2 * this.#rules.ambient.windowDatagrams;
    if (this.#suspectedRatio !== undefined || !isEnough || this.excess !== undefined) return;
    // Small steps must not add up: a level that loses a little more each time would never lose too much.
    if (this.#present.lostCount <= Math.max(this.ratio, this.#rules.ambient.noLossRatio) * this.#present.count)
      this.settle();
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
    const scale = this.#rules.ambient.windowDatagrams / this.#known.count;
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
    if (suspectedRatio === undefined || !this.isJudging) this.#sameCount = 0;
    Object.assign(this.#present, nothing());
    Object.assign(this.#climbed, nothing());
    this.#suspectedRatio = suspectedRatio;
  }

  /**
   * Decides whether the level above caused its losses, once the present one tells. Returns true if it did not, and false if it did;
   * undefined while there is nothing to decide. A policer may drop from the present level, too, so above the lowest level a heavy loss does not acquit,
   * nor a single level if those below it were clean: `lower` says that only a lower level will tell.
   */
  judge(nowUs: number, isLowest: boolean): boolean | 'lower' | undefined {
    if (this.#suspectedRatio === undefined) return undefined;
    const { count, lostCount } = this.#present;
    const isLong = count > 0 && nowUs - this.#sinceUs >= this.#rules.ambient.judgedUs;
    if (count < (isLong ? this.#rules.ambient.minJudged : this.#rules.ambient.judgedDatagrams)) return undefined;
    const excessRatio = lostCount / count - this.ratio;
    const isSame =
      excessRatio >=
      Math.max(this.#rules.ambient.excessLossRatio, this.#rules.ambient.sameLoss * (this.#suspectedRatio - this.ratio));
    if (isSame) this.#sameCount++;
    const isAgreed =
      (this.#sameCount >= this.#rules.ambient.agreeing || !this.#wereClean(lostCount / count)) &&
      excessRatio < this.#rules.overload.heavyLossRatio;
    if (isSame && !isLowest && !isAgreed) return 'lower';
    this.#suspectedRatio = undefined;
    if (isSame) Object.assign(this.#known, nothing());
    if (isSame || excessRatio < this.#rules.ambient.excessLossRatio) this.settle();
    return isSame;
  }

  /** Whether levels that held lost far less than `lossRatio`, as is known of enough datagrams. */
  #wereClean(lossRatio: number): boolean {
    const { count, lostCount } = this.#known;
    return (
      count >= this.#rules.ambient.judgedDatagrams && lostCount <= this.#rules.ambient.sameLoss * lossRatio * count
    );
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
