import { bitsOf } from './discipline.js';
import type { Service } from './service.js';

/** Tokens are sums of fractions. This much less than a packet needs is a rounding error. */
const ROUNDING_BYTES = 1e-6;

/**
 * A token bucket, as `tc tbf`: tokens come at the rate, up to `burstBytes`; a packet leaves as soon as there is a token for each of
 * its bytes. What an idle link has saved up leaves at once. Packets larger than the bucket never leave. The bucket is full in the
 * beginning.
 */
export class TokenBucket implements Service {
  readonly #burstBytes: number;
  #rateBitsPerSecond: number;
  /** At `#atUs`. */
  #tokens: number;
  #atUs = 0;

  constructor(rateBitsPerSecond: number, burstBytes: number) {
    this.#rateBitsPerSecond = rateBitsPerSecond;
    this.#burstBytes = burstBytes;
    this.#tokens = burstBytes;
  }

  departureUs(bytes: number, readyUs: number): number {
    const missing = bytes - this.#tokensAt(readyUs);
    return missing <= ROUNDING_BYTES ? readyUs : readyUs + (missing * 8e6) / this.#rateBitsPerSecond;
  }

  serve(bytes: number, readyUs: number): void {
    const atUs = this.departureUs(bytes, readyUs);
    this.#tokens = Math.max(0, this.#tokensAt(atUs) - bytes);
    this.#atUs = atUs;
  }

  fits(bytes: number): boolean {
    return bytes <= this.#burstBytes;
  }

  change(rateBitsPerSecond: number, nowUs: number): void {
    this.#tokens = this.#tokensAt(nowUs);
    this.#atUs = Math.max(this.#atUs, nowUs);
    this.#rateBitsPerSecond = rateBitsPerSecond;
  }

  capacityBits(fromUs: number, toUs: number): number {
    return bitsOf(this.#rateBitsPerSecond, fromUs, toUs);
  }

  #tokensAt(us: number): number {
    const grown = bitsOf(this.#rateBitsPerSecond, this.#atUs, Math.max(this.#atUs, us)) / 8;
    return Math.min(this.#burstBytes, this.#tokens + grown);
  }
}
