/**
 * Longest time of a channel's rate that leaves at once, unless a fleet says otherwise: as much as TCP of Linux sends at once when it paces
 * (`sk_pacing_shift` of 10). At 0.5 Gbit/s that is 62 kB.
 */
export const DEFAULT_BURST_US = 1000;
/** Most datagrams that leave at once: Linux takes as many with one call (UDP_MAX_SEGMENTS of UDP_SEGMENT, at least 64). */
export const MAX_BURST_DATAGRAMS = 64;
/** Datagrams that are later than this are not sent any more: receivers have already noticed the silence. */
const FORGIVEN_LAG_US = 250_000;
/**
 * While it catches up, a channel sends at most this many times its rate, so that a late timer never causes a burst at line
 * speed.
 */
const CATCH_UP_FACTOR = 2;

/** How many datagrams of a channel leave together. */
export interface BurstLimits {
  /** Datagrams that wait for each other, so that they leave together. */
  readonly burstCount: number;
  /**
   * How late timers are on an idle host. Permission to catch up that grows in this time is kept, so that a channel catches up at twice
   * its rate with late timers, too. A departure has at most as many datagrams, or one burst if that is more. Fast channels would
   * otherwise fall behind timers that count in milliseconds.
   */
  readonly timerLatenessUs: number;
}

const SINGLE: BurstLimits = { burstCount: 1, timerLatenessUs: 0 };

/**
 * Says when the datagrams of one channel leave: on average one every `intervalUs`, counted from a fixed origin, so that late
 * timers never add up. Datagrams of a burst leave together when the last of them is due. In any time t, at most
 * `2 · (t + timerLatenessUs) ÷ intervalUs` datagrams and one burst leave. The pacer has no clock: however often it is asked, it allows the same
 * number over time. It may run on the schedule time of a `ScheduleTime`.
 */
export class Pacer {
  readonly intervalUs: number;
  /** Datagrams that were due and have not left, because they were too late. */
  skippedCount = 0;
  readonly #burstCount: number;
  readonly #mostAtOnce: number;
  /** Permission that grew before this time is lost. */
  readonly #fullUs: number;
  /** When the first datagram that has not left is due. */
  #firstDueUs: number;
  /** The permission to send is what has grown at the catch-up rate since then, in `#fullUs` at most. */
  #permittedFromUs: number;

  constructor(intervalUs: number, startUs: number, { burstCount, timerLatenessUs }: BurstLimits = SINGLE) {
    this.intervalUs = intervalUs;
    this.#burstCount = burstCount;
    this.#mostAtOnce = Math.max(burstCount, Math.floor((CATCH_UP_FACTOR * timerLatenessUs) / intervalUs));
    this.#fullUs = (burstCount * intervalUs) / CATCH_UP_FACTOR + timerLatenessUs;
    this.#firstDueUs = startUs;
    this.#permittedFromUs = startUs - this.#fullUs;
  }

  /** Counts from `nowUs` on. Time that passed before, for example to open a socket, is not made up for. */
  begin(nowUs: number): void {
    this.#firstDueUs = nowUs;
    this.#permittedFromUs = nowUs - this.#fullUs;
  }

  /** When the next burst may leave. It is in the past if a burst is overdue. */
  get nextDueUs(): number {
    return Math.max(this.#lastDueUs, this.#permittedFromUs + (this.#burstCount * this.intervalUs) / CATCH_UP_FACTOR);
  }

  /** When the last datagram of the next burst is due. */
  get #lastDueUs(): number {
    return this.#firstDueUs + (this.#burstCount - 1) * this.intervalUs;
  }

  /** How many datagrams may leave now. */
  due(nowUs: number): number {
    if (nowUs < this.nextDueUs) return 0;
    const lagUs = nowUs - FORGIVEN_LAG_US - this.#lastDueUs;
    // Skips whole intervals, so that the datagram due now still leaves, however long the interval is.
    if (lagUs >= this.intervalUs) this.#skip(Math.floor(lagUs / this.intervalUs));
    const owed = Math.floor((nowUs - this.#firstDueUs) / this.intervalUs + ROUNDING) + 1;
    const permittedUs = Math.min(this.#fullUs, nowUs - this.#permittedFromUs);
    const permitted = Math.floor((CATCH_UP_FACTOR * permittedUs) / this.intervalUs + ROUNDING);
    return Math.min(owed, this.#mostAtOnce, Math.max(1, permitted));
  }

  /**
   * Tells that a train of `count` datagrams has left. Schedule time has jumped by as many intervals, so all other datagrams
   * are due as if there had been neither train nor jump.
   */
  sentTrain(count: number): void {
    this.#firstDueUs += count * this.intervalUs;
    this.#permittedFromUs += count * this.intervalUs;
  }

  /** Tells that `count` datagrams left at `nowUs`, or longer ones that took the time of so many; fractions are allowed. */
  sent(count: number, nowUs: number): void {
    this.#firstDueUs += count * this.intervalUs;
    const usedUs = (count * this.intervalUs) / CATCH_UP_FACTOR;
    this.#permittedFromUs = Math.max(this.#permittedFromUs, nowUs - this.#fullUs) + usedUs;
  }

  #skip(count: number): void {
    this.#firstDueUs += count * this.intervalUs;
    this.skippedCount += count;
  }
}

/** How many datagrams of a channel leave at once: those of `burstUs` at the channel's rate, at least 1 and at most 64. */
export function burstCount(burstUs: number, intervalUs: number): number {
  return Math.min(MAX_BURST_DATAGRAMS, Math.max(1, Math.floor(burstUs / intervalUs + ROUNDING_OF_BURSTS)));
}

/** 500 ÷ 100.00000000000001 is 5 all the same: rates are turned into intervals and back. */
const ROUNDING_OF_BURSTS = 1e-9;

/**
 * Added to numbers of datagrams before they are rounded down, because sums of fractions are a little too low now and then: after
 * months, times are 2^43 µs, of which the last bit is 2e-3 µs, and datagrams leave every 3 µs at 4 Gbit/s.
 */
const ROUNDING = 1e-3;
