/** β of RFC 9438, section 4.6: the share of a window that is left after a loss. */
export const KEPT_AFTER_LOSS = 0.7;
/** RFC 9438, section 5, in segments per cubic second. */
const CUBIC = 0.4;
/** RFC 9438, section 4.3: growth per round trip that is as fair to Reno as halving and growing by one. */
const RENO_GROWTH = (3 * (1 - KEPT_AFTER_LOSS)) / (1 + KEPT_AFTER_LOSS);

/**
 * The congestion window that a CUBIC sender (RFC 9438) would have if it sent to this receiver: it grows with time and
 * shrinks with each congestion event that the receiver sees. With short round trips or small windows it is that of Reno.
 */
export class VirtualWindow {
  /** Most segments that may be under way. */
  segments = 0;
  #isStarting = true;
  #mostSegments = 0;
  #plateauS = 0;
  #epochUs = 0;
  #grownUs = 0;
  #renoSegments = 0;
  #priorSegments = 0;

  /** Begins with the segments that are under way now. */
  begin(segments: number, nowUs: number): void {
    this.segments = segments;
    this.#mostSegments = segments;
    this.#isStarting = true;
    this.#grownUs = nowUs;
  }

  /** Shrinks the window after a congestion event. */
  shrink(nowUs: number): void {
    this.#isStarting = false;
    // Fast convergence (RFC 9438, section 4.7): a flow with a smaller window than last time releases more to others.
    const isLess = this.segments < this.#mostSegments;
    this.#mostSegments = isLess ? (this.segments * (1 + KEPT_AFTER_LOSS)) / 2 : this.segments;
    this.#priorSegments = this.segments;
    this.segments = Math.max(2, this.segments * KEPT_AFTER_LOSS);
    this.#enter(nowUs);
  }

  /** Lets the window grow to `nowUs`. `limit` is the most that can be used: an unused window does not grow. */
  grow(nowUs: number, roundTripUs: number, limit: number): void {
    const passedUs = nowUs - this.#grownUs;
    this.#grownUs = nowUs;
    if (this.#isStarting) {
      // Slow start (RFC 9438, section 4.10) doubles it each round trip until the first loss.
      this.segments = Math.max(this.segments, Math.min(limit, this.segments * 2 ** (passedUs / roundTripUs)));
      return;
    }
    const growth = this.#renoSegments >= this.#priorSegments ? 1 : RENO_GROWTH;
    this.#renoSegments += (growth * passedUs) / roundTripUs;
    const seconds = (nowUs + roundTripUs - this.#epochUs) / 1e6 - this.#plateauS;
    const cubic = CUBIC * seconds ** 3 + this.#mostSegments;
    this.segments = Math.max(this.segments, Math.min(limit, Math.max(cubic, this.#renoSegments)));
  }

  #enter(nowUs: number): void {
    this.#epochUs = nowUs;
    this.#grownUs = nowUs;
    this.#renoSegments = this.segments;
    this.#plateauS = Math.cbrt(Math.max(0, this.#mostSegments - this.segments) / CUBIC);
  }
}
