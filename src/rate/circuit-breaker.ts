/** If the lowest level loses more than this share for this long, receiving nothing for a while is better. */
const PAUSE_LOSS_RATIO = 0.2;
const BAD_TIME_US = 10_000_000;
const PAUSE_US = 30_000_000;
/** The pause doubles this often: from 30 s to 16 min. */
const MAX_PAUSE_DOUBLINGS = 5;
/**
 * Each call sees the loss of the last second. Calls farther apart leave a gap about which nothing is known; the host may
 * have slept.
 */
const MAX_GAP_US = 1_000_000;

/** Pauses reception when even the lowest level overloads the path: a circuit breaker (RFC 8084) at the receiver. */
export class CircuitBreaker {
  /** Duration of too much loss so far, without a gap in the calls. */
  #badUs = 0;
  /** Time without congestion since the last pause, or since the pause was last shortened. */
  #goodUs = 0;
  #lookedUs: number | undefined;
  #restedUs: number | undefined;
  #pauseCount = 0;

  /**
   * Takes the loss of the last second. Returns how long to pause if there was too much loss for too long, else undefined.
   */
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

  /**
   * Takes note that there is no congestion now. After as much time without it as the last pause took, the next pause is
   * halved.
   */
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
