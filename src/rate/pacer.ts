/** Datagrams that are later than this are not sent any more: receivers have already noticed the silence. */
const FORGIVEN_LAG_US = 250_000;
/**
 * While it catches up, a channel sends at most this many times its rate, so that a late timer never causes a burst at line
 * speed.
 */
const CATCH_UP_FACTOR = 2;
/**
 * Datagrams that may leave at once but need several calls keep this much of their permission. It is the usual lateness of
 * timers, which count in milliseconds. Without it, fast channels, which need several system calls in a millisecond, fell
 * behind.
 */
const KEPT_PERMISSION_US = 2000;

/**
 * Says when the datagrams of one channel leave: on average one every `intervalUs`, counted from a fixed origin, so that late
 * timers never add up. It has no clock: however often it is asked, it allows the same number over time. It may run on the
 * schedule time of a `ScheduleTime`.
 */
export class Pacer {
  readonly intervalUs: number;
  #nextDueUs: number;
  /** From this time on, datagrams may leave at the catch-up rate. */
  #permittedFromUs: number;

  constructor(intervalUs: number, startUs: number) {
    this.intervalUs = intervalUs;
    this.#nextDueUs = startUs;
    this.#permittedFromUs = startUs - intervalUs;
  }

  /** Counts from `nowUs` on. Time that passed before, for example to open a socket, is not made up for. */
  begin(nowUs: number): void {
    this.#nextDueUs = nowUs;
    this.#permittedFromUs = nowUs - this.intervalUs;
  }

  /** When the next datagram may leave. It is in the past if a datagram is overdue. */
  get nextDueUs(): number {
    return Math.max(this.#nextDueUs, this.#permittedFromUs + this.intervalUs / CATCH_UP_FACTOR);
  }

  /** How many datagrams may leave now. */
  due(nowUs: number): number {
    if (nowUs < this.nextDueUs) return 0;
    const lagUs = nowUs - FORGIVEN_LAG_US - this.#nextDueUs;
    // Skips whole intervals, so that the datagram due now still leaves, however long the interval is.
    if (lagUs >= this.intervalUs) this.#nextDueUs += Math.floor(lagUs / this.intervalUs) * this.intervalUs;
    const owed = Math.floor((nowUs - this.#nextDueUs) / this.intervalUs) + 1;
    const permitted = Math.floor((CATCH_UP_FACTOR * (nowUs - this.#permittedFromUs)) / this.intervalUs);
    return Math.min(owed, Math.max(1, permitted));
  }

  /**
   * Tells that a train of `count` datagrams has left. Schedule time has jumped by as many intervals, so all other datagrams
   * are due as if there had been neither train nor jump.
   */
  sentTrain(count: number): void {
    this.#nextDueUs += count * this.intervalUs;
    this.#permittedFromUs += count * this.intervalUs;
  }

  /** Tells that `count` datagrams left at `nowUs`. */
  sent(count: number, nowUs: number): void {
    this.#nextDueUs += count * this.intervalUs;
    const usedUs = (count * this.intervalUs) / CATCH_UP_FACTOR;
    const isBehind = this.#nextDueUs <= nowUs;
    this.#permittedFromUs = isBehind ? Math.max(this.#permittedFromUs + usedUs, nowUs - KEPT_PERMISSION_US) : nowUs;
  }
}
