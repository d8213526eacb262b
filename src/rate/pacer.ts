/** A host that slept longer than this does not make up for it: receivers have seen the silence already. */
const FORGIVEN_LAG_US = 250_000;
/** Catching up sends at most this many times the rate, so that a late timer never becomes a burst at line speed. */
const CATCH_UP_FACTOR = 2;
/**
 * What may leave at once but is sent in several goes keeps this much of its permission: as long as timers, which count
 * milliseconds, are usually late. Without it fast channels, which need several system calls a millisecond, fell behind.
 */
const KEPT_PERMISSION_US = 2000;

/**
 * When one channel's datagrams leave: one every `intervalUs` on the average, counted from a fixed origin so that timer
 * lateness never adds up. Knows no clock; asked often or seldom, it allows the same number over time. Its time may be the
 * schedule time of a `ScheduleTime`.
 */
export class Pacer {
  readonly intervalUs: number;
  #nextDueUs: number;
  /** Datagrams may leave at the catch-up rate from here on. */
  #permittedFromUs: number;

  constructor(intervalUs: number, startUs: number) {
    this.intervalUs = intervalUs;
    this.#nextDueUs = startUs;
    this.#permittedFromUs = startUs - intervalUs;
  }

  /** Counts from `nowUs` on instead: what came before, such as opening a socket, is not made up for. */
  begin(nowUs: number): void {
    this.#nextDueUs = nowUs;
    this.#permittedFromUs = nowUs - this.intervalUs;
  }

  /** When the next datagram may leave; in the past when one was due before. */
  get nextDueUs(): number {
    return Math.max(this.#nextDueUs, this.#permittedFromUs + this.intervalUs / CATCH_UP_FACTOR);
  }

  /** How many datagrams may leave now. */
  due(nowUs: number): number {
    if (nowUs < this.nextDueUs) return 0;
    const lagUs = nowUs - FORGIVEN_LAG_US - this.#nextDueUs;
    // Whole intervals, so that the datagram that is due now still leaves, however long the interval.
    if (lagUs >= this.intervalUs) this.#nextDueUs += Math.floor(lagUs / this.intervalUs) * this.intervalUs;
    const owed = Math.floor((nowUs - this.#nextDueUs) / this.intervalUs) + 1;
    const permitted = Math.floor((CATCH_UP_FACTOR * (nowUs - this.#permittedFromUs)) / this.intervalUs);
    return Math.min(owed, Math.max(1, permitted));
  }

  /**
   * Says that a train of `count` datagrams left, for which time has jumped by as many intervals: all others are due as if
   * there had been neither.
   */
  sentTrain(count: number): void {
    this.#nextDueUs += count * this.intervalUs;
    this.#permittedFromUs += count * this.intervalUs;
  }

  /** Says that `count` datagrams left at `nowUs`. */
  sent(count: number, nowUs: number): void {
    this.#nextDueUs += count * this.intervalUs;
    const usedUs = (count * this.intervalUs) / CATCH_UP_FACTOR;
    const isBehind = this.#nextDueUs <= nowUs;
    this.#permittedFromUs = isBehind ? Math.max(this.#permittedFromUs + usedUs, nowUs - KEPT_PERMISSION_US) : nowUs;
  }
}
