/** RFC 6298, section 2. */
const RTT_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
const DEVIATIONS = 4;
/** RFC 6298 asks for one second, but Linux and the BSDs wait 200 ms, and cross traffic should be like theirs. */
const MIN_TIMEOUT_US = 200_000;
const MAX_TIMEOUT_US = 60_000_000;
const INITIAL_TIMEOUT_US = 1_000_000;

/** A TCP sender's estimate of the round-trip time, and its retransmission timeout (RFC 6298). */
export class RoundTrips {
  smoothedUs = 0;
  #deviationUs = 0;
  #backoff = 1;

  /** How long the sender waits for an acknowledgement. */
  get timeoutUs(): number {
    const calmUs =
      this.smoothedUs === 0
        ? INITIAL_TIMEOUT_US
        : Math.max(MIN_TIMEOUT_US, this.smoothedUs + DEVIATIONS * this.#deviationUs);
    return Math.min(MAX_TIMEOUT_US, calmUs * this.#backoff);
  }

  measured(roundTripUs: number): void {
    this.#backoff = 1;
    if (this.smoothedUs === 0) {
      this.smoothedUs = roundTripUs;
      this.#deviationUs = roundTripUs / 2;
      return;
    }
    this.#deviationUs += DEVIATION_GAIN * (Math.abs(this.smoothedUs - roundTripUs) - this.#deviationUs);
    this.smoothedUs += RTT_GAIN * (roundTripUs - this.smoothedUs);
  }

  timedOut(): void {
    this.#backoff *= 2;
  }
}
