import type { Arrival } from '../../../dist/rate/measuring/sequence-window.js';

const WINDOW = 1024;
export const MAX_LEAP = 2 ** 20;

/**
 * A sequence window that keeps every number ever heard, unwrapped: a set of a run's numbers, and for each arrival the
 * distance to its highest, taken the short way round.
 */
export class NaiveWindow {
  receivedCount = 0;
  #lostBefore = 0;
  #first = 0;
  #highest = 0;
  #heard: Set<number> | undefined;
  #stray: number | undefined;

  get lostCount(): number {
    return this.#lostBefore + (this.#heard === undefined ? 0 : this.#highest - this.#first + 1 - this.#heard.size);
  }

  observe(sequence: number): Arrival {
    if (this.#heard === undefined) {
      this.#begin(sequence);
      return 'new';
    }
    const ahead = shortWay(sequence - this.#highest);
    const place = this.#highest + ahead;
    if (ahead > 0 && ahead <= MAX_LEAP) {
      this.#highest = place;
      this.#hear(place);
      return 'new';
    }
    if (ahead <= 0 && ahead > -WINDOW) {
      if (place < this.#first) return 'late';
      if (this.#heard.has(place)) return 'duplicate';
      this.#hear(place);
      return 'late';
    }
    if (this.#stray !== undefined && sequence === (this.#stray + 1) % 2 ** 32) {
      this.#lostBefore = this.lostCount;
      this.#begin(this.#stray);
      this.#highest++;
      this.#hear(this.#highest);
      return 'restart';
    }
    this.#stray = sequence;
    return 'late';
  }

  interrupt(): void {
    this.#lostBefore = this.lostCount;
    this.#heard = undefined;
  }

  #begin(sequence: number): void {
    this.#heard = new Set();
    this.#first = sequence;
    this.#highest = sequence;
    this.#stray = undefined;
    this.#hear(sequence);
  }

  #hear(place: number): void {
    this.#heard!.add(place);
    this.receivedCount++;
  }
}

/** A number modulo 2^32, from 0. */
export function wrapped(value: number): number {
  return ((value % 2 ** 32) + 2 ** 32) % 2 ** 32;
}

/** The nearest of all numbers that are the same modulo 2^32. */
export function shortWay(difference: number): number {
  const ahead = wrapped(difference);
  return ahead >= 2 ** 31 ? ahead - 2 ** 32 : ahead;
}
