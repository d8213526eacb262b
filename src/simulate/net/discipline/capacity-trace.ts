/** What can leave at each line of a trace, as Mahimahi has it: a full packet of Ethernet, or several smaller ones. */
export const OPPORTUNITY_BYTES = 1500;

/**
 * The capacity of a link over time, recorded or made up: the times at which 1500 bytes can leave. It begins again at its end, which
 * is its last time. Opportunities are numbered on, from one lap to the next.
 */
export class CapacityTrace {
  readonly #timesMs: Uint32Array;

  /** @param timesMs in order, the last one above 0. */
  constructor(timesMs: Uint32Array) {
    this.#timesMs = timesMs;
  }

  /** Length of a lap. */
  get periodUs(): number {
    return this.#timesMs.at(-1)! * 1000;
  }

  /** Mean over a lap. */
  get meanBitsPerSecond(): number {
    return (this.#timesMs.length * OPPORTUNITY_BYTES * 8e6) / this.periodUs;
  }

  /** When an opportunity is. */
  timeUs(index: number): number {
    const count = this.#timesMs.length;
    const lap = Math.floor(index / count);
    return lap * this.periodUs + this.#timesMs[index - lap * count]! * 1000;
  }

  /** The first opportunity at `us` or later, for times from 0 on. */
  firstFrom(us: number): number {
    const lap = Math.floor(us / this.periodUs);
    const restMs = (us - lap * this.periodUs) / 1000;
    let index = lap * this.#timesMs.length + lowerBound(this.#timesMs, restMs);
    // The last ones of a lap are at the beginning of the next.
    while (index > 0 && this.timeUs(index - 1) >= us) index--;
    return index;
  }
}

/** Index of the first value that is not below another. */
function lowerBound(sorted: Uint32Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
