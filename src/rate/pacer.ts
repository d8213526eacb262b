/** A host that slept longer than this does not make up for it: receivers have seen the silence already. */
const FORGIVEN_LAG_US = 250_000;
/** Catching up sends at most this many times the rate, so that a late timer never becomes a burst at line speed. */
const CATCH_UP_FACTOR = 2;

/**
 * When one channel's datagrams leave: one every `intervalUs` on the average, counted from a fixed origin so that timer
 * lateness never adds up. Knows no clock; asked often or seldom, it allows the same number over time.
 */
export class Pacer {
  readonly intervalUs: number;
  #nextDueUs: number;
  #askedUs: number;

  constructor(intervalUs: number, startUs: number) {
    this.intervalUs = intervalUs;
    this.#nextDueUs = startUs;
    this.#askedUs = startUs;
  }

  /** When the next datagram may leave. */
  get nextDueUs(): number {
    return this.#nextDueUs;
  }

  /** How many datagrams may leave now. */
  due(nowUs: number): number {
    if (nowUs < this.#nextDueUs) return 0;
    const oldestUs = nowUs - FORGIVEN_LAG_US;
    if (this.#nextDueUs < oldestUs)
      this.#nextDueUs += Math.ceil((oldestUs - this.#nextDueUs) / this.intervalUs) * this.intervalUs;
    const owed = Math.floor((nowUs - this.#nextDueUs) / this.intervalUs) + 1;
    const fast = Math.ceil((CATCH_UP_FACTOR * (nowUs - this.#askedUs)) / this.intervalUs);
    return Math.max(0, Math.min(owed, Math.max(1, fast)));
  }

  /** Says that `count` datagrams left at `nowUs`. */
  sent(count: number, nowUs: number): void {
    this.#nextDueUs += count * this.intervalUs;
    this.#askedUs = nowUs;
  }
}
