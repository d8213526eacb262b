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
  /** Of the last three slots: the least, and the median. Every reading asks for them, and only trains change them. */
  #recentBitsPerSecond: number | undefined;
  #medianBitsPerSecond: number | undefined;

  add(slot: number, bitsPerSecond: number): void {
    const known = this.#slots.find((other) => other.slot === slot);
    if (known !== undefined) {
      known.bitsPerSecond = Math.min(known.bitsPerSecond, bitsPerSecond);
    } else {
      this.#slots.unshift({ slot, bitsPerSecond });
      if (this.#slots.length > KEPT_SLOTS) this.#slots.pop();
    }
    this.#summarize();
  }

  /** Number of slots that are remembered. */
  get count(): number {
    return this.#slots.length;
  }

  /** Forgets all trains. */
  clear(): void {
    this.#slots.length = 0;
    this.#recentBitsPerSecond = undefined;
    this.#medianBitsPerSecond = undefined;
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
    return this.#recentBitsPerSecond;
  }

  /** Whether the trains of three slots or more agree within a tenth. */
  get isSure(): boolean {
    return this.#slots.length >= MEDIAN_OF && (this.leastBitsPerSecond ?? 0) >= 0.9 * this.mostBitsPerSecond;
  }

  /** The capacity in bit/s of whole packets; undefined before the first train. */
  get bitsPerSecond(): number | undefined {
    return this.#medianBitsPerSecond;
  }

  #summarize(): void {
    const rateOf = (index: number) =>
      index < this.#slots.length ? this.#slots[index]!.bitsPerSecond : Number.POSITIVE_INFINITY;
    const [newest, before, first] = [rateOf(0), rateOf(1), rateOf(2)];
    const least = Math.min(newest, before, first);
    // Of fewer than three the lower one.
    const median = Math.max(Math.min(newest, before), Math.min(Math.max(newest, before), first));
    this.#recentBitsPerSecond = least;
    this.#medianBitsPerSecond = this.#slots.length < MEDIAN_OF ? least : median;
  }
}
