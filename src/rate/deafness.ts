import type { PathHistory } from './path-history.js';

/** MLDv2's defaults (RFC 3810, section 9): two queries for the last member, a second apart. */
const INITIAL_US = 2_200_000;
const MIN_LATENCY_US = 100_000;
const MAX_LATENCY_US = 5_000_000;
/** Whether a leave has worked cannot be told sooner. */
const MIN_US = 150_000;
/** A queue that has fallen by this much since its peak is draining; by less it falls between two previews, too. */
const FALLEN_US = 20_000;
const FALLEN_RATIO = 0.5;
/** Losses up to this share do not keep a receiver deaf. */
const CLEAR_LOSS_RATIO = 0.02;

/**
 * The time after a leave in which the network goes on delivering what was left: nothing that is seen then is a reason for
 * another. It ends when the path is clear, or when leaves are known to have worked; how long they take is learnt.
 */
export class Deafness {
  #latencyUs = INITIAL_US;
  #peakUs = 0;

  /** How long leaves take to work. */
  get latencyUs(): number {
    return this.#latencyUs;
  }

  begin(): void {
    this.#peakUs = 0;
  }

  isOver(
    history: PathHistory,
    now: {
      readonly nowUs: number;
      /** When the leave was decided. */
      readonly sinceUs: number;
      /** A queue below this is none. */
      readonly emptyUs: number;
      readonly roundTripUs: number;
      readonly ambientLossRatio: number;
    },
  ): boolean {
    const { nowUs, emptyUs, roundTripUs, ambientLossRatio } = now;
    const passedUs = nowUs - now.sinceUs;
    if (passedUs < MIN_US) return false;
    const { receivedCount, lostCount } = history.sums(nowUs - MIN_US);
    const queueUs = history.queueUs(nowUs - 100_000);
    this.#peakUs = Math.max(this.#peakUs, queueUs);
    const falls = queueUs < this.#peakUs - Math.max(FALLEN_US, FALLEN_RATIO * this.#peakUs);
    const mayLose = (receivedCount + lostCount) * (CLEAR_LOSS_RATIO + 1.5 * ambientLossRatio);
    if (lostCount <= mayLose && (falls || queueUs < emptyUs)) {
      const sampleUs = Math.min(MAX_LATENCY_US, Math.max(MIN_LATENCY_US, 1.25 * passedUs));
      this.#latencyUs = sampleUs > this.#latencyUs ? sampleUs : (this.#latencyUs + sampleUs) / 2;
      return true;
    }
    // What the queue held or lost before the leave worked arrives that much later.
    if (passedUs < this.#latencyUs + roundTripUs + this.#peakUs) return false;
    this.#latencyUs = Math.min(MAX_LATENCY_US, 1.5 * this.#latencyUs);
    return true;
  }
}
