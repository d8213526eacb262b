import type { StreamReading } from './readings.js';
import { TrainCapacity } from './train-capacity.js';

/** What trains promise is not believed above a rate that failed, for this long: shapers let trains pass. */
const DISBELIEF_US = 60_000_000;
/** Unless all of the last seconds promise this many times what the slowest did since it failed: then the path has changed. */
const CHANGED_RATIO = 1.3;
/** Trains that much faster clear a rate of having been too much, so often at most. */
const CLEARING_RATIO = 1.2;
const CLEARING_US = 30_000_000;
/** What trains said so long ago is not known any more; who is on a replicated channel hears none. */
const MAX_AGE_US = 30_000_000;

/** The rate that the path promises to carry for us: what trains pass at, as far as it is to be believed, less what others take. */
export class LinkEstimate {
  readonly #trains = new TrainCapacity();
  #failedRate = Number.POSITIVE_INFINITY;
  #failedUs = Number.NEGATIVE_INFINITY;
  /** The least that a train promised since. */
  #failedCapacity = Number.POSITIVE_INFINITY;
  #clearedUs = Number.NEGATIVE_INFINITY;
  #heardUs = Number.NEGATIVE_INFINITY;
  #othersBitsPerSecond = 0;

  note(nowUs: number, readings: readonly StreamReading[]): void {
    if (nowUs - this.#heardUs > MAX_AGE_US) this.#trains.clear();
    for (const { slot, trainBitsPerSecond } of readings) {
      if (trainBitsPerSecond === 0) continue;
      this.#trains.add(slot, trainBitsPerSecond);
      this.#heardUs = nowUs;
    }
  }

  /** What other servers send us through the same link. */
  setOthers(bitsPerSecond: number): void {
    this.#othersBitsPerSecond = bitsPerSecond;
  }

  /** This rate was too much. */
  failed(nowUs: number, rateBitsPerSecond: number): void {
    this.#failedUs = nowUs;
    this.#failedRate = rateBitsPerSecond;
    this.#failedCapacity = this.#trains.leastBitsPerSecond ?? 0;
  }

  /**
   * Whether a rate that seems to have been too much was not: even the slowest train passes a lot faster, so that another
   * receiver's trial is more likely. Said once in a while only, as shapers let trains pass.
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

  /** This rate was not too much; whatever has failed below it failed for another reason. */
  held(rateBitsPerSecond: number): void {
    if (rateBitsPerSecond >= this.#failedRate) this.forgive();
  }

  /** What failed was others' doing. */
  forgive(): void {
    this.#failedUs = Number.NEGATIVE_INFINITY;
  }

  /** The path has changed, or may have: what trains said before does not hold. */
  forgetTrains(): void {
    this.#trains.clear();
  }

  /** What the slowest link carries, in bit/s; undefined while not known. */
  get capacityBitsPerSecond(): number | undefined {
    return this.#trains.bitsPerSecond;
  }

  /** Whether trains agree. */
  get isSure(): boolean {
    return this.#trains.isSure;
  }

  /** What of the path is ours for sure: by the slowest of the last trains; undefined while not known. */
  get leastShareBitsPerSecond(): number | undefined {
    const least = this.#trains.leastBitsPerSecond;
    return least === undefined ? undefined : this.#oursOf(least);
  }

  /** What of the path is ours by the slowest train of the last three slots, in bit/s; infinite while not known. */
  get recentShareBitsPerSecond(): number {
    return this.#oursOf(this.#trains.recentBitsPerSecond);
  }

  /** More than this no train of the last seconds promises, whoever else is there; infinite while not known. */
  get mostBitsPerSecond(): number {
    return this.#trains.mostBitsPerSecond;
  }

  /** What of the path is ours, whatever has failed, in bit/s; infinite while not known. */
  get shareBitsPerSecond(): number {
    return this.#oursOf(this.capacityBitsPerSecond);
  }

  /** What of it is to be believed, in bit/s; infinite while not known. */
  assess(nowUs: number): number {
    const share = this.shareBitsPerSecond;
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
