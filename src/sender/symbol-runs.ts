/** Consecutive symbols of one block, and where they belong. */
export interface SymbolRun {
  readonly block: number;
  readonly firstEsi: number;
  /** The offset in the memory at which the first symbol begins. The others follow at the stride of the read. */
  readonly start: number;
  readonly count: number;
}

/** Block, first ESI, start and count. */
const WORDS = 4;
const FIRST_CAPACITY = 16;

/**
 * Symbols to be read, as runs in the order in which they were added. They lie in one array of numbers, which is used again: objects that
 * wait as long as a slab does are moved to the old generation of a thread's memory, and 27 MB of them lay there before V8 collected them.
 */
export class SymbolRuns {
  /** Grows to the most runs that were there at once: no more than a slab has entries. */
  #words = new Uint32Array(FIRST_CAPACITY * WORDS);
  #count = 0;

  static of(runs: Iterable<SymbolRun>): SymbolRuns {
    const made = new SymbolRuns();
    for (const { block, firstEsi, start, count } of runs) made.#push(block, firstEsi, start, count);
    return made;
  }

  /** @param words as `words` gave them in another thread */
  static from(words: Uint32Array<ArrayBuffer>): SymbolRuns {
    const made = new SymbolRuns();
    made.#words = words;
    made.#count = words.length / WORDS;
    return made;
  }

  /** Number of runs. */
  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /**
   * Adds a symbol, to the last run if it follows that one.
   *
   * @param strideBytes where the next symbol of the same run begins after this one
   */
  add(block: number, esi: number, start: number, strideBytes: number): void {
    const words = this.#words;
    const last = (this.#count - 1) * WORDS;
    if (last >= 0 && words[last] === block) {
      const count = words[last + 3]!;
      const follows = words[last + 1]! + count === esi && words[last + 2]! + count * strideBytes === start;
      if (follows) {
        words[last + 3] = count + 1;
        return;
      }
    }
    this.#push(block, esi, start, 1);
  }

  each(visit: (block: number, firstEsi: number, start: number, count: number) => void): void {
    const words = this.#words;
    for (let at = 0; at < this.#count * WORDS; at += WORDS) {
      visit(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    }
  }

  /** A copy for another thread. Sent as objects, the 256 runs of a slab would take 115 instead of 18 µs. */
  words(): Uint32Array<ArrayBuffer> {
    return this.#words.slice(0, this.#count * WORDS);
  }

  *[Symbol.iterator](): Generator<SymbolRun, void, void> {
    for (let at = 0; at < this.#count * WORDS; at += WORDS) {
      const [block, firstEsi, start, count] = this.#words.subarray(at, at + WORDS);
      yield { block: block!, firstEsi: firstEsi!, start: start!, count: count! };
    }
  }

  #push(block: number, firstEsi: number, start: number, count: number): void {
    let at = this.#count * WORDS;
    if (at === this.#words.length) {
      const grown = new Uint32Array(2 * this.#words.length);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[at++] = block;
    this.#words[at++] = firstEsi;
    this.#words[at++] = start;
    this.#words[at] = count;
    this.#count++;
  }
}
