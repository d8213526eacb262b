import type { StreamReading } from './readings.js';
import { TrainCapacity } from './train-capacity.js';

/** For this long after a rate has failed, no capacity above that rate is believed: token buckets let trains pass too fast. */
const DISBELIEF_US = 60_000_000;
/**
 * A capacity above the failed rate is believed sooner if all trains of the last seconds are this many times faster than the
 * slowest one since the failure: then the path has changed.
 */
const CHANGED_RATIO = 1.3;
/**
 * If even the slowest train is this many times faster than a rate that failed, the failure is not counted, at most once in
 * `CLEARING_US`.
 */
const CLEARING_RATIO = 1.2;
const CLEARING_US = 30_000_000;
/** A rate that failed although all trains before were this many times as fast shows that trains say nothing here. */
const LIE_RATIO = 1.3;
/** One train alone may be wrong. */
const MIN_LIES = 2;
/** Trains older than this are forgotten. A receiver on a higher replicated channel hears no trains. */
const MAX_AGE_US = 30_000_000;

/**
 * The capacity of the path's slowest link by trains, the share of it that other paths leave to this one, and how far that is
 * believed after failures.
 */
export class LinkEstimate {
  readonly #trains = new TrainCapacity();
  /** Trains that met no queue. */
  readonly #idleTrains = new TrainCapacity();
  #hasLied = false;
  /** What arrived through overloads, in bit/s. */
  #ceiling = Number.POSITIVE_INFINITY;
  #failedRate = Number.POSITIVE_INFINITY;
  #failedUs = Number.NEGATIVE_INFINITY;
  /** The slowest train since the failure, in bit/s. */
  #failedCapacity = Number.POSITIVE_INFINITY;
  #clearedUs = Number.NEGATIVE_INFINITY;
  #heardUs = Number.NEGATIVE_INFINITY;
  #othersBitsPerSecond = 0;

  note(nowUs: number, readings: readonly StreamReading[], isQueued = false): void {
    if (nowUs - this.#heardUs > MAX_AGE_US) this.forgetTrains();
    for (const { slot, trainBitsPerSecond } of readings) {
      if (trainBitsPerSecond === 0) continue;
      this.#trains.add(slot, trainBitsPerSecond);
      if (!isQueued) this.#idleTrains.add(slot, trainBitsPerSecond);
      this.#heardUs = nowUs;
    }
  }

  /** Sets the rate that other paths carry through the same link. */
  setOthers(bitsPerSecond: number): void {
    this.#othersBitsPerSecond = bitsPerSecond;
  }

  /** Takes note that this rate was too much. */
  failed(nowUs: number, rateBitsPerSecond: number, isBucket = this.passesTrains(rateBitsPerSecond)): void {
    if (isBucket) this.#hasLied = true;
    this.#failedUs = nowUs;
    this.#failedRate = rateBitsPerSecond;
    this.#failedCapacity = this.#trains.leastBitsPerSecond ?? 0;
  }

  /**
   * Returns whether a rate that failed was probably not too much: even the slowest train is a lot faster, so that another
   * receiver's trial is the more likely cause. It says so at most once in `CLEARING_US`, because token buckets let trains
   * pass too fast.
   */
  tryClear(nowUs: number, rateBitsPerSecond: number): boolean {
    if (
      (this.leastShareBitsPerSecond ?? 0) < CLEARING_RATIO * rateBitsPerSecond ||
      nowUs - this.#clearedUs < CLEARING_US
    )
      return false;
    this.#clearedUs = nowUs;
    return true;
  }

  /** Takes note that this rate was not too much: a failure at or below it had another cause. */
  held(rateBitsPerSecond: number): void {
    if (rateBitsPerSecond >= this.#failedRate) this.#failedUs = Number.NEGATIVE_INFINITY;
    this.#ceiling = Math.max(this.#ceiling, rateBitsPerSecond);
  }

  /** Whether all trains that met no queue passed at far more than a rate. */
  passesTrains(rateBitsPerSecond: number): boolean {
    const { count, leastBitsPerSecond = 0 } = this.#idleTrains;
    return count >= MIN_LIES && leastBitsPerSecond > LIE_RATIO * rateBitsPerSecond;
  }

  /** Takes note of what arrived through an overload, in bit/s. */
  carried(bitsPerSecond: number): void {
    this.#ceiling = bitsPerSecond;
  }

  /** What arrived through the last overload, in bit/s, where trains say nothing; infinite if they do. */
  get ceilingBitsPerSecond(): number {
    return this.#hasLied ? this.#ceiling : Number.POSITIVE_INFINITY;
  }

  /** Whether trains passed at more than a rate that was too much, as they do through a token bucket. */
  get hasLied(): boolean {
    return this.#hasLied;
  }

  /** Takes note that other traffic caused the failure. */
  forgive(): void {
    this.#failedUs = Number.NEGATIVE_INFINITY;
  }

  /** Forgets all trains, because the path may have changed. */
  forgetTrains(): void {
    this.#trains.clear();
    this.#idleTrains.clear();
  }

  /** Measured capacity of the slowest link, in bit/s; undefined before the first train. */
  get capacityBitsPerSecond(): number | undefined {
    return this.#trains.bitsPerSecond;
  }

  /** Whether the trains of three slots or more agree. */
  get isSure(): boolean {
    return this.#trains.isSure;
  }

  /**
   * This path's share of the capacity by the slowest train, in bit/s, where trains say nothing at most what arrived through overloads;
   * undefined before the first train.
   */
  get leastShareBitsPerSecond(): number | undefined {
    const least = this.#trains.leastBitsPerSecond;
    return least === undefined ? undefined : Math.min(this.#oursOf(least), this.ceilingBitsPerSecond);
  }

  /**
   * This path's share of the capacity by the slowest train of the last three slots, in bit/s; infinite before the first
   * train.
   */
  get recentShareBitsPerSecond(): number {
    return this.#oursOf(this.#trains.recentBitsPerSecond);
  }

  /** The fastest train of the last seconds, in bit/s, without regard to other paths; infinite before the first train. */
  get mostBitsPerSecond(): number {
    return this.#trains.mostBitsPerSecond;
  }

  /** This path's share of the capacity, in bit/s, without regard to failures; infinite before the first train. */
  get shareBitsPerSecond(): number {
    return this.#oursOf(this.capacityBitsPerSecond);
  }

  /**
   * Updates the slowest train since the failure. Returns the share of the capacity that is believed, in bit/s; infinite
   * before the first train.
   */
  assess(nowUs: number): number {
    const share = this.shareBitsPerSecond;
    if (this.#hasLied) return Math.min(share, this.#ceiling);
    if (this.capacityBitsPerSecond === undefined) return share;
    const least = this.#trains.leastBitsPerSecond ?? 0;
    this.#failedCapacity = Math.min(this.#failedCapacity, least);
    const isDisbelieved = nowUs - this.#failedUs < DISBELIEF_US && least < CHANGED_RATIO * this.#failedCapacity;
    return isDisbelieved ? Math.min(share, 0.99 * this.#failedRate) : share;
  }

  #oursOf(bitsPerSecond = Number.POSITIVE_INFINITY): number {
    return Math.max(0, bitsPerSecond - this.#othersBitsPerSecond);
  }
}
