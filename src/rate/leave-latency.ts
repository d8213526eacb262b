/** MLDv2's defaults (RFC 3810, section 9): two queries for the last member, a second apart. */
const INITIAL_US = 2_200_000;
const MIN_US = 100_000;
const MAX_US = 5_000_000;

/** How long after a leave the network goes on delivering, learnt from how long congestion outlives leaves. */
export class LeaveLatency {
  #estimateUs = INITIAL_US;

  /** Until when to expect what was left; no shorter than learnt. */
  get estimateUs(): number {
    return this.#estimateUs;
  }

  /** Congestion ended this long after a leave. */
  cleared(afterUs: number): void {
    const sampleUs = Math.min(MAX_US, Math.max(MIN_US, 1.25 * afterUs));
    this.#estimateUs = sampleUs > this.#estimateUs ? sampleUs : (this.#estimateUs + sampleUs) / 2;
  }

  /** It had not ended when it was expected to. */
  outlived(): void {
    this.#estimateUs = Math.min(MAX_US, 1.5 * this.#estimateUs);
  }
}
