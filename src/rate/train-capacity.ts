/** Slots whose trains are remembered: 4 s, so that even the rarest steps, 4 s apart, each see new trains. */
const KEPT_SLOTS = 8;
/** A median of three ignores one disturbed train and follows a change within two slots. */
const MEDIAN_OF = 3;

/**
 * Capacity of the slowest link, from the dispersion of trains. In each slot the slowest train counts, so that forged trains
 * can only lower the estimate. The capacity is the median of the last three slots.
 */
export class TrainCapacity {
  /** Newest first. */
  readonly #slots: { readonly slot: number; bitsPerSecond: number }[] = [];
  /**
   * Rates of the last three slots, sorted from the lowest. Kept because every reading asks for them and only trains change
   * them.
   */
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

  /** Number of slots that are remembered. */
  get count(): number {
    return this.#slots.length;
  }

  /** Forgets all trains. */
  clear(): void {
    this.#slots.length = 0;
    this.#recent = [];
  }

  /** Rate of the fastest train: nothing above it has room. Infinite before the first train. */
  get mostBitsPerSecond(): number {
    let most = this.#slots.length === 0 ? Number.POSITIVE_INFINITY : 0;
    for (const { bitsPerSecond } of this.#slots) most = Math.max(most, bitsPerSecond);
    return most;
  }

  /** Rate of the slowest train: this much capacity is certain. Undefined before the first train. */
  get leastBitsPerSecond(): number | undefined {
    if (this.#slots.length === 0) return undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const { bitsPerSecond } of this.#slots) least = Math.min(least, bitsPerSecond);
    return least;
  }

  /** Rate of the slowest train of the last three slots. Undefined before the first train. */
  get recentBitsPerSecond(): number | undefined {
    return this.#recent[0];
  }

  /** Whether the trains of three slots or more agree within a tenth. */
  get isSure(): boolean {
    return this.#slots.length >= MEDIAN_OF && (this.leastBitsPerSecond ?? 0) >= 0.9 * this.mostBitsPerSecond;
  }

  /** The capacity in bit/s of whole packets; undefined before the first train. */
  get bitsPerSecond(): number | undefined {
    return this.#recent[(this.#recent.length - 1) >> 1];
  }
}
