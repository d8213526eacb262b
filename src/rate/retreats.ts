/** Retreats closer together than this are one, from where the first began. */
const ONE_RETREAT_US = 10_000_000;
/** For so long after the last one what a TCP would have kept is known: others are recognised up to ten seconds after they came. */
const KEPT_US = 20_000_000;
/** A TCP would have kept this share of what we had (RFC 9438, section 4.6). */
const KEPT_SHARE = 0.7;
/** A queue that is still there so long after a retreat is not our own: leave latency, and a second to drain. */
const MAX_DRAIN_US = 4_000_000;
/** Whoever gets this share of what trains promise is the one who has too much. */
const OWN_SHARE = 0.9;
/** With less than this after a retreat, the queue is certainly not our own. */
const INNOCENT_SHARE = 0.7;

/** What was given up lately, and whether more has to be. */
export class Retreats {
  #lastUs = Number.NEGATIVE_INFINITY;
  #fromRate = 0;
  #hasDrained = true;
  /** Since when somebody else seems to be the cause of a queue. */
  #suspectedUs: number | undefined;

  /** @param rateBitsPerSecond that was too much. */
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

  /** Whether a queue could still be what we have left behind. */
  isDraining(nowUs: number): boolean {
    return !this.#hasDrained && nowUs - this.#lastUs < MAX_DRAIN_US;
  }

  /** What a TCP would have kept when the first sign of others made us retreat, in bit/s; 0 if nothing did. */
  keptRate(nowUs: number): number {
    return nowUs - this.#lastUs < KEPT_US ? KEPT_SHARE * this.#fromRate : 0;
  }

  /**
   * Whether a queue that grows is for us to end. If trains promise more than comes to us, it is of another receiver, who tries a
   * level and will leave it in time, or of others who fill it anyway.
   *
   * @param leaveUs in which another receiver would have left, and its leave have worked.
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
