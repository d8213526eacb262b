import type { PreviewReading } from './readings.js';

/** Sums for the regression of delay on send time over one preview, updated as in Welford 1962, so that no digits cancel. */
export class PreviewMeter {
  readonly reading: Mutable<PreviewReading> = { slot: -1, count: 0, spread: 0, covariance: 0, scatter: 0 };
  #slot = -1;
  #count = 0;
  #originUs = 0;
  #meanX = 0;
  #meanY = 0;
  #spread = 0;
  #covariance = 0;
  #scatter = 0;

  add(slot: number, sendTimeUs: number, delayUs: number): void {
    if (slot !== this.#slot) this.#begin(slot, sendTimeUs);
    const x = (sendTimeUs - this.#originUs) | 0;
    this.#count++;
    const dx = x - this.#meanX;
    const dy = delayUs - this.#meanY;
    this.#meanX += dx / this.#count;
    this.#meanY += dy / this.#count;
    this.#spread += dx * (x - this.#meanX);
    this.#covariance += dx * (delayUs - this.#meanY);
    this.#scatter += dy * (delayUs - this.#meanY);
  }

  settle(): void {
    this.reading.slot = this.#slot;
    this.reading.count = this.#count;
    this.reading.spread = this.#spread;
    this.reading.covariance = this.#covariance;
    this.reading.scatter = this.#scatter;
  }

  #begin(slot: number, originUs: number): void {
    this.#slot = slot;
    this.#originUs = originUs;
    this.#count = 0;
    this.#meanX = 0;
    this.#meanY = 0;
    this.#spread = 0;
    this.#covariance = 0;
    this.#scatter = 0;
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
