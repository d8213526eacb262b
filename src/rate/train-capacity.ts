/** Slots whose trains are remembered: a median of three outlives one that was disturbed. */
const KEPT_SLOTS = 3;

/**
 * Capacity of the slowest link, from the dispersion of trains. Of each slot the slowest train counts, so that forged ones
 * can only make the estimate lower; of the last slots the median.
 */
export class TrainCapacity {
  /** Newest first. */
  readonly #slots: { readonly slot: number; bitsPerSecond: number }[] = [];

  add(slot: number, bitsPerSecond: number): void {
    const known = this.#slots.find((other) => other.slot === slot);
    if (known !== undefined) {
      known.bitsPerSecond = Math.min(known.bitsPerSecond, bitsPerSecond);
      return;
    }
    this.#slots.unshift({ slot, bitsPerSecond });
    if (this.#slots.length > KEPT_SLOTS) this.#slots.pop();
  }

  /** Of how many slots there is something. */
  get slotCount(): number {
    return this.#slots.length;
  }

  /** In bit/s of whole packets; undefined before the first train. */
  get bitsPerSecond(): number | undefined {
    const sorted = this.#slots.map(({ bitsPerSecond }) => bitsPerSecond).sort((a, b) => a - b);
    return sorted[(sorted.length - 1) >> 1];
  }
}
