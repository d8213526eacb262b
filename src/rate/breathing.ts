import { RULES, type Rules } from './rules.js';

/**
 * Tells whether the capacity of a path moves by itself, as on cellular links, by what it carried each time that it was full. There a
 * level that failed may fit a second later, so failures are not remembered.
 */
export class Breathing {
  #carriedBitsPerSecond: number | undefined;
  #fullUs = 0;
  #movedUs = Number.NEGATIVE_INFINITY;
  readonly #rules: Rules;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  /** Takes what arrived while the path was full, in bit/s. */
  noteFull(nowUs: number, carriedBitsPerSecond: number): void {
    const ratio = carriedBitsPerSecond / (this.#carriedBitsPerSecond ?? carriedBitsPerSecond);
    if (
      Math.max(ratio, 1 / ratio) > this.#rules.capacity.breathRatio &&
      nowUs - this.#fullUs < this.#rules.capacity.breathUs
    )
      this.#movedUs = nowUs;
    this.#carriedBitsPerSecond = carriedBitsPerSecond;
    this.#fullUs = nowUs;
  }

  isOn(nowUs: number): boolean {
    return this.#rules.switches.breathing && nowUs - this.#movedUs < this.#rules.capacity.breathUs;
  }
}
