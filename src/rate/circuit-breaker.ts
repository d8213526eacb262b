/** At the lowest level, with this much lost for this long, nothing is better for a while. */
const PAUSE_LOSS_RATIO = 0.2;
const BAD_TIME_US = 10_000_000;
const PAUSE_US = 30_000_000;
/** Sixteen minutes at most. */
const MAX_PAUSE_DOUBLINGS = 5;
/** A look sees the loss of the last second. Looks that are farther apart do not tell what was in between: the host may have slept. */
const MAX_GAP_US = 1_000_000;

/** Ends what even the lowest level cannot make bearable (RFC 8084, in the place of the receiver). */
export class CircuitBreaker {
  /** Time of too much loss, as far as it was seen without a gap. */
  #badUs = 0;
  /** Time without trouble since the last pause, or since a pause was last taken back. */
  #goodUs = 0;
  #lookedUs: number | undefined;
  #restedUs: number | undefined;
  #pauseCount = 0;

  /** How long to pause, if it has been too much for too long. */
  judge(nowUs: number, lossRatio: number, ambientLossRatio: number): number | undefined {
    if (lossRatio <= PAUSE_LOSS_RATIO + 1.5 * ambientLossRatio) {
      this.#lookedUs = undefined;
      return undefined;
    }
    const passedUs = nowUs - (this.#lookedUs ?? Number.NEGATIVE_INFINITY);
    this.#badUs = passedUs <= MAX_GAP_US ? this.#badUs + passedUs : 0;
    this.#lookedUs = nowUs;
    if (this.#badUs < BAD_TIME_US) return undefined;
    this.#lookedUs = undefined;
    this.#goodUs = 0;
    return PAUSE_US * 2 ** Math.min(this.#pauseCount++, MAX_PAUSE_DOUBLINGS);
  }

  /** Nothing is wrong now. After as much of such time as the last pause took, the next pause is shorter by one doubling. */
  rest(nowUs: number): void {
    const passedUs = nowUs - (this.#restedUs ?? nowUs);
    this.#restedUs = nowUs;
    if (this.#pauseCount === 0 || passedUs > MAX_GAP_US) return;
    this.#goodUs += passedUs;
    this.#pauseCount = Math.min(this.#pauseCount, MAX_PAUSE_DOUBLINGS + 1);
    if (this.#goodUs < PAUSE_US * 2 ** (this.#pauseCount - 1)) return;
    this.#pauseCount--;
    this.#goodUs = 0;
  }
}
