import type { Link } from '../net/link.js';

/** Sums over the time in which one receiver listened. */
export class ReceiverTotals {
  /** When the receiver started, and when it was complete; undefined until then. */
  startedUs: number | undefined;
  completedUs: number | undefined;
  failed = false;
  /** Share of the object that has arrived, 0–1. */
  progress = 0;
  #elapsedUs = 0;
  #levelUs = 0;
  #bits = 0;
  #receivedCount = 0;
  #lostCount = 0;
  #capacityBits = 0;
  #limitedUs = 0;

  /**
   * @param level counted from 1.
   * @param capacityBitsPerSecond of the slowest link on the path; infinite if none has a limit.
   */
  add(
    elapsedUs: number,
    level: number,
    wireBytes: number,
    receivedCount: number,
    lostCount: number,
    capacityBitsPerSecond: number,
  ): void {
    this.#elapsedUs += elapsedUs;
    this.#levelUs += level * elapsedUs;
    this.#bits += wireBytes * 8;
    this.#receivedCount += receivedCount;
    this.#lostCount += lostCount;
    if (capacityBitsPerSecond === Number.POSITIVE_INFINITY) return;
    this.#limitedUs += elapsedUs;
    this.#capacityBits += (capacityBitsPerSecond * elapsedUs) / 1e6;
  }

  get level(): number {
    return this.#elapsedUs === 0 ? 0 : this.#levelUs / this.#elapsedUs;
  }

  get rateBitsPerSecond(): number {
    return this.#elapsedUs === 0 ? 0 : (this.#bits * 1e6) / this.#elapsedUs;
  }

  get lossRatio(): number {
    const sentCount = this.#receivedCount + this.#lostCount;
    return sentCount === 0 ? 0 : this.#lostCount / sentCount;
  }

  /** Share of what the slowest link on the path could carry; undefined unless some link had a limit all the time. */
  get share(): number | undefined {
    const isLimited = this.#limitedUs > 0 && this.#limitedUs === this.#elapsedUs;
    return isLimited ? this.#bits / this.#capacityBits : undefined;
  }
}

/** Mean rate of the slowest of some links between two times; infinite if none has a limit. */
export function capacityOf(links: readonly Link[], fromUs: number, toUs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const link of links) {
    least = Math.min(least, link.capacityBitsPerSecond(fromUs, toUs) ?? Number.POSITIVE_INFINITY);
  }
  return least;
}
