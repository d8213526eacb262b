/** Number of joins that are remembered. The quickest of them was delayed least. */
const KEPT_JOINS = 8;
/** Even without delay on the first hop, hosts take some time to join. */
const MIN_ROUND_TRIP_US = 10_000;
const MAX_ROUND_TRIP_US = 2_000_000;

/**
 * A substitute for the round-trip time of a receiver, which sends nothing back: the time from a join to its first datagram,
 * as in WEBRC (RFC 3738). The least of the last few counts, because a slow join does not mean a slow path.
 */
export class JoinTimes {
  readonly #samplesUs: number[] = [];
  #roundTripUs = MAX_ROUND_TRIP_US;

  /**
   * @param waits.intervalUs time between two datagrams of the channel. On average the first one arrives after half of it.
   * @param waits.queueUs queueing delay of the first datagram. It is subtracted; callers that need it add it themselves.
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
