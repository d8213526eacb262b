/** Retreats closer together than this count as one, which began with the first. */
const ONE_RETREAT_US = 10_000_000;
/**
 * For this long after the last retreat, the rate that a TCP connection would have kept is known. Other traffic is recognised
 * up to ten seconds after it came.
 */
const KEPT_US = 20_000_000;
/** A TCP connection would have kept this share of the rate (RFC 9438, section 4.6). */
const KEPT_SHARE = 0.7;
/**
 * A queue that is still there this long after a retreat is not this receiver's own: the leave latency, and a second to
 * drain.
 */
const MAX_DRAIN_US = 4_000_000;
/** If this share of the measured capacity arrives here, this receiver causes the queue. */
const OWN_SHARE = 0.9;
/** If less than this share arrives here after a retreat, this receiver certainly does not cause the queue. */
const INNOCENT_SHARE = 0.7;

/** Remembers the last retreat, and decides whether a queue calls for another one. */
export class Retreats {
  #lastUs = Number.NEGATIVE_INFINITY;
  #fromRate = 0;
  #hasDrained = true;
  /** Since when another receiver or flow seems to cause the queue. */
  #suspectedUs: number | undefined;

  /** @param rateBitsPerSecond the rate that was too much. */
  began(nowUs: number, rateBitsPerSecond: number): void {
    if (nowUs - this.#lastUs > ONE_RETREAT_US) this.#fromRate = rateBitsPerSecond;
    this.#lastUs = nowUs;
    this.#hasDrained = false;
  }

  /** No congestion now. */
  cleared(): void {
    this.#suspectedUs = undefined;
  }

  /** The queue was empty. */
  drained(): void {
    this.#hasDrained = true;
  }

  /** Whether a queue may still be the one from before the retreat. */
  isDraining(nowUs: number): boolean {
    return !this.#hasDrained && nowUs - this.#lastUs < MAX_DRAIN_US;
  }

  /**
   * The rate that a TCP connection would have kept when the first sign of other traffic made this receiver retreat, in
   * bit/s; 0 without a retreat lately.
   */
  keptRate(nowUs: number): number {
    return nowUs - this.#lastUs < KEPT_US ? KEPT_SHARE * this.#fromRate : 0;
  }

  /**
   * Returns whether this receiver has to end a growing queue. If the measured capacity is more than what arrives here, the
   * queue comes from another receiver, which tries a level and will leave it in time, or from traffic that fills it anyway.
   *
   * @param leaveUs time in which another receiver would have left, and its leave would have worked.
   */
  judgeQueue(nowUs: number, arrivedBitsPerSecond: number, shareBitsPerSecond: number, leaveUs: number): boolean {
    if (nowUs - this.#lastUs < ONE_RETREAT_US && arrivedBitsPerSecond < INNOCENT_SHARE * shareBitsPerSecond) {
      this.#hasDrained = true;
      return false;
    }
    if (arrivedBitsPerSecond >= OWN_SHARE * shareBitsPerSecond) return true;
    this.#suspectedUs ??= nowUs;
    return nowUs - this.#suspectedUs > leaveUs;
  }
}
