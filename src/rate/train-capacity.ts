/** Slots whose trains are remembered: 4 s, so that of rare steps each sees new ones. */
const KEPT_SLOTS = 8;
/** A median of three outlives one that was disturbed, and follows a change within two slots. */
const MEDIAN_OF = 3;

/**
 * Capacity of the slowest link, from the dispersion of trains. Of each slot the slowest train counts, so that forged ones
 * can only make the estimate lower; of the last slots the median.
 */
export class TrainCapacity {
  /** Newest first. */
  readonly #slots: { readonly slot: number; bitsPerSecond: number }[] = [];
  /** What those of the last slots say, from the least; asked for at every reading, and changed by trains alone. */
  #recent: readonly number[] = [];

  add(slot: number, bitsPerSecond: number): void {
    const known = this.#slots.find((other) => other.slot === slot);
    if (known !== undefined) {
      known.bitsPerSecond = Math.min(known.bitsPerSecond, bitsPerSecond);
    } else {
      this.#slots.unshift({ slot, bitsPerSecond });
      if (this.#slots.length > KEPT_SLOTS) this.#slots.pop();
    }
    this.#recent = this.#slots
      .slice(0, MEDIAN_OF)
      .map((one) => one.bitsPerSecond)
      .sort((a, b) => a - b);
  }

  /** What trains said before is no longer so. */
  clear(): void {
    this.#slots.length = 0;
    this.#recent = [];
  }

  /** The most that any of the trains promises: what is above that has no room. Infinite before the first train. */
  get mostBitsPerSecond(): number {
    let most = this.#slots.length === 0 ? Number.POSITIVE_INFINITY : 0;
    for (const { bitsPerSecond } of this.#slots) most = Math.max(most, bitsPerSecond);
    return most;
  }

  /** The least that any of them promises: so much there is for sure. Undefined before the first train. */
  get leastBitsPerSecond(): number | undefined {
    if (this.#slots.length === 0) return undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const { bitsPerSecond } of this.#slots) least = Math.min(least, bitsPerSecond);
    return least;
  }

  /** The least that those of the last three slots promise. Undefined before the first train. */
  get recentBitsPerSecond(): number | undefined {
    return this.#recent[0];
  }

  /** Whether trains of three slots or more say the same, within a tenth. */
  get isSure(): boolean {
    return this.#slots.length >= MEDIAN_OF && (this.leastBitsPerSecond ?? 0) >= 0.9 * this.mostBitsPerSecond;
  }

  /** In bit/s of whole packets; undefined before the first train. */
  get bitsPerSecond(): number | undefined {
    return this.#recent[(this.#recent.length - 1) >> 1];
  }
}
