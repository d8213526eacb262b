/** RFC 5348, section 5.4. */
const WEIGHTS = [1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2];

/** The average loss interval of RFC 5348, section 5: losses within a round trip are one event. */
export class LossIntervals {
  /** Datagrams from each event to the next, the newest first. */
  readonly #intervals: number[] = [];
  #sinceCount = 0;
  #eventUs = Number.NEGATIVE_INFINITY;

  /** Takes what came and what did not, in the order of time. */
  add(nowUs: number, receivedCount: number, lostCount: number, roundTripUs: number): void {
    if (lostCount > 0 && nowUs - this.#eventUs > roundTripUs) {
      if (this.#eventUs > Number.NEGATIVE_INFINITY) {
        this.#intervals.unshift(this.#sinceCount);
        if (this.#intervals.length > WEIGHTS.length) this.#intervals.pop();
      }
      this.#eventUs = nowUs;
      this.#sinceCount = 0;
    }
    this.#sinceCount += receivedCount + lostCount;
  }

  /** Loss events per datagram; 0 before there have been two, which bound an interval. */
  get eventRate(): number {
    if (this.#intervals.length === 0) return 0;
    const closed = weighted(this.#intervals, 0);
    // The interval that is still open counts when it makes the mean longer (RFC 5348, section 5.4).
    return 1 / Math.max(1, closed, weighted([this.#sinceCount, ...this.#intervals], 0));
  }

  clear(): void {
    this.#intervals.length = 0;
    this.#sinceCount = 0;
    this.#eventUs = Number.NEGATIVE_INFINITY;
  }
}

function weighted(intervals: readonly number[], first: number): number {
  let sum = 0;
  let weight = 0;
  for (let i = first; i < Math.min(intervals.length, WEIGHTS.length); i++) {
    sum += intervals[i]! * WEIGHTS[i]!;
    weight += WEIGHTS[i]!;
  }
  return sum / weight;
}
