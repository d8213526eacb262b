/** Looks that are farther apart do not tell what was in between: the process was stopped, or the host slept. */
const LOOK_US = 1_000_000;
/** Silence that is longer than this many intervals of the slowest channel is silence indeed. */
const CHANNEL_INTERVALS = 4;
/** So many announcements may be lost: three in a row, at a loss of a tenth, once in a thousand times. */
const ANNOUNCE_INTERVALS = 3;

/** What is waited for, and how long that may take. */
export interface Waiting {
  /** When something was last heard, or was first waited for. */
  readonly heardUs: number;
  /** Time between two datagrams of the slowest channel that is joined; 0 if none is. */
  readonly slowestIntervalUs: number;
  /** Time in which the fleet says that it announces a record once; 0 if it does not say. */
  readonly announceIntervalUs: number;
}

/** How long nothing may be heard. Counts only the time in which somebody was there to hear it. */
export class Patience {
  readonly #patienceUs: number;
  #lookedUs: number;
  #silentUs = 0;

  /** @param patienceUs what the user asked for; slow channels and rare announcements need more. */
  constructor(patienceUs: number, nowUs: number) {
    this.#patienceUs = patienceUs;
    this.#lookedUs = nowUs;
  }

  /** How long may be waited, in µs. */
  limitUs({ slowestIntervalUs, announceIntervalUs }: Omit<Waiting, 'heardUs'>): number {
    return Math.max(this.#patienceUs, CHANNEL_INTERVALS * slowestIntervalUs, ANNOUNCE_INTERVALS * announceIntervalUs);
  }

  /**
   * Whether it has taken too long; to be called every 50 ms.
   * @returns the limit, in µs, that has been reached; undefined if it has not.
   */
  endedAfter(nowUs: number, waiting: Waiting): number | undefined {
    const isNew = waiting.heardUs > this.#lookedUs;
    const passedUs = Math.min(LOOK_US, nowUs - Math.max(waiting.heardUs, this.#lookedUs));
    this.#silentUs = isNew ? passedUs : Math.min(this.#silentUs + passedUs, nowUs - waiting.heardUs);
    this.#lookedUs = nowUs;
    const limitUs = this.limitUs(waiting);
    return this.#silentUs >= limitUs ? limitUs : undefined;
  }
}
