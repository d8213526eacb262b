import type { Compared } from '../policy.js';
import type { PreviewReading, StreamReading } from './readings.js';

/** A queue that grows by less than this share of the time cannot be told from a steady one. */
const LEAST_SLOPE = 0.02;
/** With fewer datagrams the error of the slope is not known. */
const MIN_DATAGRAMS = 6;

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

/** Whether a preview showed room for the next level, and the numbers that say so; none while that is unknown. */
export interface PreviewVerdict {
  readonly verdict: 'room' | 'no room' | 'unknown';
  readonly compared: Compared;
}

/** What is known where there was no preview. */
export const NO_PREVIEW: PreviewVerdict = { verdict: 'unknown', compared: {} };

/**
 * Whether the queue grew during the preview of the next level. The slope of delay over send time is the share by which the
 * previewed rate exceeds what the path carries.
 */
export function judgePreview(slot: number, readings: readonly StreamReading[]): PreviewVerdict {
  let count = 0;
  let groups = 0;
  let spread = 0;
  let covariance = 0;
  let scatter = 0;
  for (const { preview } of readings) {
    if (preview.slot !== slot || preview.count < 2) continue;
    groups++;
    count += preview.count;
    spread += preview.spread;
    covariance += preview.covariance;
    scatter += preview.scatter;
  }
  const freedom = count - groups - 1;
  if (count < MIN_DATAGRAMS || freedom < 2 || spread <= 0) return NO_PREVIEW;
  const slope = covariance / spread;
  const error = Math.sqrt(Math.max(0, scatter - slope * covariance) / freedom / spread);
  const most = Math.max(LEAST_SLOPE, 2 * error);
  return { verdict: slope > most ? 'no room' : 'room', compared: { growthRatio: slope, mostGrowthRatio: most } };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
