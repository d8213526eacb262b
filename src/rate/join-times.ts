/** Joins that are remembered: the quickest of them was held up least. */
const KEPT = 8;
/** A first hop without any delay still has hosts that take their time. */
const MIN_US = 10_000;
const MAX_US = 2_000_000;

/**
 * What stands for the round-trip time of somebody who sends nothing back: from a join to its first datagram, as WEBRC has it
 * (RFC 3738). The least of the last few, because slow joins are not slow paths.
 */
export class JoinTimes {
  readonly #samplesUs: number[] = [];
  #roundTripUs = MAX_US;

  /** @param intervalUs between two datagrams of the channel, of which half is waiting. */
  add(joinToFirstUs: number, intervalUs: number): void {
    this.#samplesUs.push(Math.max(0, joinToFirstUs - intervalUs / 2));
    if (this.#samplesUs.length > KEPT) this.#samplesUs.shift();
    this.#roundTripUs = Math.min(MAX_US, Math.max(MIN_US, Math.min(...this.#samplesUs)));
  }

  /** In µs, between 10 ms and 2 s. */
  get roundTripUs(): number {
    return this.#roundTripUs;
  }
}
