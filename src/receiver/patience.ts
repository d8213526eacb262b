/** If two looks are farther apart, the process was stopped or the host slept: the time between them counts as this much. */
const LOOK_US = 1_000_000;
/** A receiver waits at least this many intervals of the slowest channel. */
const CHANNEL_INTERVALS = 4;
/** A receiver waits at least this many announcements: at a loss of a tenth, three in a row are lost once in a thousand times. */
const ANNOUNCE_INTERVALS = 3;

/** Since when a receiver waits, and how rarely it can expect to hear something. */
export interface Waiting {
  /** When the receiver last heard something, or began to wait. */
  readonly heardUs: number;
  /** Time between two datagrams of the slowest channel that is joined; 0 if none is. */
  readonly slowestIntervalUs: number;
  /** Time in which the fleet announces each record once, as its descriptors say; 0 if they do not say. */
  readonly announceIntervalUs: number;
}

/** How long a receiver may hear nothing. Counts only the time in which the process was running. */
export class Patience {
  readonly #patienceUs: number;
  #lookedUs: number;
  #silentUs = 0;

  /** @param patienceUs the limit that the user asked for; slow channels and rare announcements need a longer one. */
  constructor(patienceUs: number, nowUs: number) {
    this.#patienceUs = patienceUs;
    this.#lookedUs = nowUs;
  }

  /** How long nothing has been heard, up to the last call of `count`. */
  get silentUs(): number {
    return this.#silentUs;
  }

  /** How long the receiver waits, in µs. */
  limitUs({ slowestIntervalUs, announceIntervalUs }: Omit<Waiting, 'heardUs'>): number {
    return Math.max(this.#patienceUs, CHANNEL_INTERVALS * slowestIntervalUs, ANNOUNCE_INTERVALS * announceIntervalUs);
  }

  /**
   * Counts the silence up to now. The owner calls `count` every 50 ms.
   * @returns the limit, in µs, once the silence has reached it; undefined before.
   */
  count(nowUs: number, waiting: Waiting): number | undefined {
    const isNew = waiting.heardUs > this.#lookedUs;
    const passedUs = Math.min(LOOK_US, nowUs - Math.max(waiting.heardUs, this.#lookedUs));
    this.#silentUs = isNew ? passedUs : Math.min(this.#silentUs + passedUs, nowUs - waiting.heardUs);
    this.#lookedUs = nowUs;
    const limitUs = this.limitUs(waiting);
    return this.#silentUs >= limitUs ? limitUs : undefined;
  }
}
