import { doubledUs } from '../../base/back-off.js';
import { RULES, type Rules } from '../rules.js';

/** Pauses reception when even the lowest level overloads the path: a circuit breaker (RFC 8084) at the receiver. */
export class CircuitBreaker {
  /** Duration of too much loss so far, without a gap in the calls. */
  #badUs = 0;
  /** Time without congestion since the last pause, or since the pause was last shortened. */
  #goodUs = 0;
  #lookedUs: number | undefined;
  #restedUs: number | undefined;
  #pauseCount = 0;
  readonly #rules: Rules;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  /**
   * Takes the loss of the last second. Returns how long to pause if there was too much loss for too long, else undefined.
   */
  judge(nowUs: number, lossRatio: number, ambientLossRatio: number): number | undefined {
    if (lossRatio <= this.#rules.breaker.pauseLossRatio + this.#rules.ambient.factor * ambientLossRatio) {
      this.#lookedUs = undefined;
      return undefined;
    }
    const passedUs = nowUs - (this.#lookedUs ?? Number.NEGATIVE_INFINITY);
    this.#badUs = passedUs <= this.#rules.breaker.maxGapUs ? this.#badUs + passedUs : 0;
    this.#lookedUs = nowUs;
    if (this.#badUs < this.#rules.breaker.badTimeUs) return undefined;
    this.#lookedUs = undefined;
    this.#goodUs = 0;
    if (this.#pauseUs < this.#rules.breaker.mostPauseUs) this.#pauseCount++;
    return this.#pauseUs;
  }

  /**
   * Takes note that there is no congestion now. After as much time without it as the last pause took, the next pause is
   * halved.
   */
  rest(nowUs: number): void {
    const passedUs = nowUs - (this.#restedUs ?? nowUs);
    this.#restedUs = nowUs;
    if (this.#pauseCount === 0 || passedUs > this.#rules.breaker.maxGapUs) return;
    this.#goodUs += passedUs;
    if (this.#goodUs < this.#pauseUs) return;
    this.#pauseCount--;
    this.#goodUs = 0;
  }

  /** The last pause, or what remains of it after time without congestion; 0 if nothing does. */
  get #pauseUs(): number {
    const { pauseUs, mostPauseUs } = this.#rules.breaker;
    return this.#pauseCount === 0 ? 0 : doubledUs({ firstUs: pauseUs, mostUs: mostPauseUs }, this.#pauseCount);
  }
}
