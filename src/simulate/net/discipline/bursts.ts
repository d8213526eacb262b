import { bitsOf } from './discipline.js';
import type { Service } from './service.js';

/** What a turn leaves over is a sum of fractions. This much less than a packet needs is a rounding error. */
const ROUNDING_TURNS = 1e-9;

/**
 * Service in aggregates, as by a radio scheduler: the link has a turn every `periodUs`, at whole multiples of it. In its turn
 * everything that waits leaves at once, up to what the rate carries in a period. What a turn leaves over for a packet that is larger
 * counts for the next turn; nothing else is saved up.
 */
export class Bursts implements Service {
  readonly #periodUs: number;
  #rateBitsPerSecond: number;
  /** The last turn in which something left or was saved for a packet that waits. */
  #turnUs = Number.NEGATIVE_INFINITY;
  /** What may still leave in that turn. */
  #leftBytes = 0;

  constructor(rateBitsPerSecond: number, periodUs: number) {
    this.#rateBitsPerSecond = rateBitsPerSecond;
    this.#periodUs = periodUs;
  }

  departureUs(bytes: number, readyUs: number): number {
    const turnUs = this.#turnFrom(readyUs);
    return turnUs + this.#furtherTurns(bytes, turnUs) * this.#periodUs;
  }

  serve(bytes: number, readyUs: number): void {
    const turnUs = this.#turnFrom(readyUs);
    const further = this.#furtherTurns(bytes, turnUs);
    this.#leftBytes = this.#allowance(turnUs) + further * this.#turnBytes - bytes;
    this.#turnUs = turnUs + further * this.#periodUs;
  }

  fits(): boolean {
    return true;
  }

  change(rateBitsPerSecond: number): void {
    this.#rateBitsPerSecond = rateBitsPerSecond;
  }

  capacityBits(fromUs: number, toUs: number): number {
    return bitsOf(this.#rateBitsPerSecond, fromUs, toUs);
  }

  get #turnBytes(): number {
    return bitsOf(this.#rateBitsPerSecond, 0, this.#periodUs) / 8;
  }

  #turnFrom(us: number): number {
    return Math.ceil(us / this.#periodUs) * this.#periodUs;
  }

  /** What may leave in a turn if no packet waited since the last one. */
  #allowance(turnUs: number): number {
    return turnUs === this.#turnUs ? this.#leftBytes : this.#turnBytes;
  }

  #furtherTurns(bytes: number, turnUs: number): number {
    return Math.max(0, Math.ceil((bytes - this.#allowance(turnUs)) / this.#turnBytes - ROUNDING_TURNS));
  }
}
