export interface PromptnessLimits {
  /** A call that takes longer is slow. */
  readonly slowMs: number;
  /** After a slow call, none is made for this many times as long as it took. */
  readonly pauseFactor: number;
}

/**
 * Whether a disk has answered at once lately, so that the calling thread may wait for it. To hand a call to another thread and to be told of
 * its end costs more than a call that the system answers from its memory; but a thread that waits for a slow disk does nothing else.
 */
export class Promptness {
  readonly #limits: PromptnessLimits;
  readonly #nowMs: () => number;
  #readyAtMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs for tests */
  constructor(limits: PromptnessLimits, nowMs: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Whether the disk is expected to answer at once. */
  get isExpected(): boolean {
    return this.#nowMs() >= this.#readyAtMs;
  }

  /** The time for `end`. */
  begin(): number {
    return this.#nowMs();
  }

  /** A call that began at this time has ended. */
  end(beganMs: number): void {
    const { slowMs, pauseFactor } = this.#limits;
    const endedMs = this.#nowMs();
    if (endedMs - beganMs > slowMs) this.#readyAtMs = endedMs + pauseFactor * (endedMs - beganMs);
  }
}
