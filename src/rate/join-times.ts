/** Joins that are remembered: the quickest of them was held up least. */
const KEPT_JOINS = 8;
/** A first hop without any delay still has hosts that take their time. */
const MIN_ROUND_TRIP_US = 10_000;
const MAX_ROUND_TRIP_US = 2_000_000;

/**
 * What stands for the round-trip time of somebody who sends nothing back: from a join to its first datagram, as WEBRC has it
 * (RFC 3738). The least of the last few, because slow joins are not slow paths.
 */
export class JoinTimes {
  readonly #samplesUs: number[] = [];
  #roundTripUs = MAX_ROUND_TRIP_US;

  /**
   * @param waits.intervalUs between two datagrams of the channel, of which half is waiting for its turn.
   * @param waits.queueUs that the first of them has passed: whoever counts it, does so beside what this class tells.
   */
  add(joinToFirstUs: number, waits: { readonly intervalUs: number; readonly queueUs: number }): void {
    this.#samplesUs.push(Math.max(0, joinToFirstUs - waits.intervalUs / 2 - waits.queueUs));
    if (this.#samplesUs.length > KEPT_JOINS) this.#samplesUs.shift();
    this.#roundTripUs = Math.min(MAX_ROUND_TRIP_US, Math.max(MIN_ROUND_TRIP_US, Math.min(...this.#samplesUs)));
  }

  /** In µs, between 10 ms and 2 s. */
  get roundTripUs(): number {
    return this.#roundTripUs;
  }
}
