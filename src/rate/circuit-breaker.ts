/** At the lowest level, with this much lost for this long, nothing is better for a while. */
const LOSS_RATIO = 0.2;
const PATIENCE_US = 10_000_000;
const PAUSE_US = 30_000_000;
/** Sixteen minutes at most. */
const MAX_DOUBLINGS = 5;

/** Ends what even the lowest level cannot make bearable (RFC 8084, in the place of the receiver). */
export class CircuitBreaker {
  #sinceUs: number | undefined;
  #pauseCount = 0;

  /** How long to pause, if it has been too much for too long. */
  judge(nowUs: number, lossRatio: number, ambientLossRatio: number): number | undefined {
    if (lossRatio <= LOSS_RATIO + 1.5 * ambientLossRatio) {
      this.#sinceUs = undefined;
      return undefined;
    }
    this.#sinceUs ??= nowUs;
    if (nowUs - this.#sinceUs < PATIENCE_US) return undefined;
    this.#sinceUs = undefined;
    return PAUSE_US * 2 ** Math.min(this.#pauseCount++, MAX_DOUBLINGS);
  }
}
