/** The longest interval: a crash costs about half a second of reception at most. */
const LONGEST_INTERVAL_US = 500_000;
/** The shortest interval. A checkpoint takes 1 to 3 ms on a fast disk. */
const SHORTEST_INTERVAL_US = 20_000;
/** A crash costs at most this share of what a run has received. Killed at random moments, a run loses half of it on average. */
const LOST_RATIO = 0.2;
/** From the start of a checkpoint to the start of the next. While intervals are short, at most half of the time goes into checkpoints, on a slow disk too. */
const INTERVAL_PER_DURATION = 2;

/**
 * Says when the next checkpoint is due. Checkpoints come often after the first datagram, and then more rarely, up to one in
 * half a second: a process that is killed again and again after a short life keeps most of what it received.
 */
export class CheckpointTiming {
  #beganUs: number | undefined;
  #startedUs: number;
  #durationUs = 0;
  #isDemanded = false;
  #isRunning = false;

  constructor(nowUs: number) {
    this.#startedUs = nowUs;
  }

  isDue(nowUs: number): boolean {
    if (this.#isRunning) return false;
    return this.#isDemanded || nowUs - this.#startedUs >= this.#intervalUs(nowUs);
  }

  /** Notes that a datagram has been received. Only the first call counts. */
  begin(nowUs: number): void {
    this.#beganUs ??= nowUs;
  }

  /** Makes the next checkpoint due at once. */
  demand(): void {
    this.#isDemanded = true;
  }

  start(nowUs: number): void {
    this.#startedUs = nowUs;
    this.#isDemanded = false;
    this.#isRunning = true;
  }

  end(nowUs: number): void {
    this.#durationUs = nowUs - this.#startedUs;
    this.#isRunning = false;
  }

  #intervalUs(nowUs: number): number {
    if (this.#beganUs === undefined) return LONGEST_INTERVAL_US;
    const receivingUs = nowUs - this.#beganUs;
    const wantedUs = Math.max(SHORTEST_INTERVAL_US, LOST_RATIO * receivingUs, INTERVAL_PER_DURATION * this.#durationUs);
    return Math.min(LONGEST_INTERVAL_US, wantedUs);
  }
}
