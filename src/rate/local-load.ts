import type { Compared } from './policy.js';
import { RULES, type Rules } from './rules.js';

/** Watches whether this host keeps up with what arrives, or its disk or processor is behind. */
export class LocalLoad {
  #droppedCount = 0;
  #count = 0;
  readonly #rules: Rules;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  add(receivedCount: number, droppedCount: number): void {
    this.#droppedCount = this.#rules.load.decay * this.#droppedCount + droppedCount;
    this.#count = this.#rules.load.decay * this.#count + receivedCount + droppedCount;
  }

  get isTooMuch(): boolean {
    return (
      this.#droppedCount >= this.#rules.load.minDrops && this.#droppedCount > this.#rules.load.dropRatio * this.#count
    );
  }

  /** The share of the datagrams lately that this host dropped, and the most that it may drop. */
  get compared(): Compared {
    return { dropRatio: this.#droppedCount / Math.max(1, this.#count), mostDropRatio: this.#rules.load.dropRatio };
  }

  clear(): void {
    this.#droppedCount = 0;
    this.#count = 0;
  }
}
