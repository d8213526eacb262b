import { tcpDatagramsPerSecond } from './equation.js';
import { LossIntervals } from './loss-intervals.js';

/** For how long others are believed to be there since the last sign of them: Reno's cycles take 20 s behind 100 packets. */
const MEMORY_US = 30e6;
/** A queue that falls by less may have been our own preview's. */
const MIN_FALL_US = 50_000;
/** TCP halves its window (RFC 5681) or takes it to 0.7 (RFC 9438): with half the queue its own, that much goes. */
const FALL_RATIO = 0.3;

/**
 * Others on the same path who fill its queue until they lose, as TCP does. The sign of them: a queue that falls though we
 * kept our rate. While they are there our delay says nothing about us; we may have what TCP would have in our place.
 */
export class Contention {
  readonly #intervals = new LossIntervals();
  #untilUs = Number.NEGATIVE_INFINITY;
  #peakUs = 0;

  isOn(nowUs: number): boolean {
    return nowUs < this.#untilUs;
  }

  /** Our own rate has changed: what the queue does now is our doing. */
  disturb(): void {
    this.#peakUs = 0;
  }

  /** Takes a reading at a steady rate. */
  add(nowUs: number, queueUs: number, receivedCount: number, lostCount: number, roundTripUs: number): void {
    this.#peakUs = Math.max(this.#peakUs, queueUs);
    if (this.#peakUs >= MIN_FALL_US && queueUs < (1 - FALL_RATIO) * this.#peakUs) {
      if (!this.isOn(nowUs)) this.#intervals.clear();
      this.#untilUs = nowUs + MEMORY_US;
      this.#peakUs = queueUs;
    }
    this.#intervals.add(nowUs, receivedCount, lostCount, roundTripUs);
  }

  /** What TCP would send here, in datagrams per second; infinite while nobody else is. */
  fairDatagramsPerSecond(nowUs: number, roundTripUs: number): number {
    if (!this.isOn(nowUs)) return Number.POSITIVE_INFINITY;
    return tcpDatagramsPerSecond(this.#intervals.eventRate, roundTripUs);
  }
}
