import { RULES, type Rules } from '../rules.js';

/** Remembers the last retreat, and decides whether a queue calls for another one. */
export class Retreats {
  #lastUs = Number.NEGATIVE_INFINITY;
  #fromRate = 0;
  #hasDrained = true;
  /** Since when another receiver or flow seems to cause the queue. */
  #suspectedUs: number | undefined;
  readonly #rules: Rules;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  /** @param rateBitsPerSecond the rate that was too much. */
  began(nowUs: number, rateBitsPerSecond: number): void {
    if (nowUs - this.#lastUs > this.#rules.retreats.oneRetreatUs) this.#fromRate = rateBitsPerSecond;
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
    return !this.#hasDrained && nowUs - this.#lastUs < this.#rules.retreats.maxDrainUs;
  }

  /**
   * The rate that a TCP connection would have kept when the first sign of other traffic made this receiver retreat, in
   * bit/s; 0 without a retreat lately.
   */
  keptRate(nowUs: number): number {
    return nowUs - this.#lastUs < this.#rules.retreats.keptUs ? this.#rules.retreats.keptShare * this.#fromRate : 0;
  }

  /**
   * Returns whether this receiver has to end a growing queue. If the measured capacity is more than what arrives here, the
   * queue comes from another receiver, which tries a level and will leave it in time, or from traffic that fills it anyway.
   *
   * @param leaveUs time in which another receiver would have left, and its leave would have worked.
   */
  judgeQueue(nowUs: number, arrivedBitsPerSecond: number, shareBitsPerSecond: number, leaveUs: number): boolean {
    if (!this.#rules.switches.retreats) return true;
    if (
      nowUs - this.#lastUs < this.#rules.retreats.oneRetreatUs &&
      arrivedBitsPerSecond < this.#rules.retreats.innocentShare * shareBitsPerSecond
    ) {
      this.#hasDrained = true;
      return false;
    }
    if (arrivedBitsPerSecond >= this.#rules.retreats.ownShare * shareBitsPerSecond) return true;
    this.#suspectedUs ??= nowUs;
    return nowUs - this.#suspectedUs > leaveUs;
  }
}

/** Queues up to this length are normal. */
export function lowQueueUs({ overload }: Rules, serviceUs: number, periodUs: number): number {
  return Math.max(overload.lowQueuePeriods * periodUs, overload.lowQueueUs, overload.lowQueuePackets * serviceUs);
}

/** A queue below this shows that the path is idle now and then: it carries less than its capacity. */
export function emptyQueueUs({ overload }: Rules, serviceUs: number, periodUs: number): number {
  return Math.max(overload.emptyQueuePeriods * periodUs, overload.emptyQueueUs, 2 * serviceUs);
}
