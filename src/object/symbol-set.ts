import { LayercastError } from '../base/errors.js';

/**
 * A set of an object's symbols, or of its blocks, with one bit for each: 1.1 MB for 10 GB in symbols of 1184 bytes. Numbers may
 * be up to 2^32 − 1. `add` and `has` allocate nothing.
 */
export class SymbolSet {
  readonly symbolCount: number;
  readonly #words: Uint32Array;
  #count = 0;

  constructor(symbolCount: number) {
    this.symbolCount = symbolCount;
    this.#words = new Uint32Array(Math.ceil(symbolCount / 32));
  }

  /** How many symbols are present. */
  get count(): number {
    return this.#count;
  }

  get isComplete(): boolean {
    return this.#count === this.symbolCount;
  }

  has(symbol: number): boolean {
    return (((this.#words[symbol >>> 5] ?? 0) >>> (symbol & 31)) & 1) === 1;
  }

  /**
   * False when the symbol was present before.
   * @throws {LayercastError} `INTERNAL` for a number outside the object: numbers from the network have to be checked before.
   */
  add(symbol: number): boolean {
    if (!(symbol >= 0 && symbol < this.symbolCount)) throw outside(symbol, 1, this.symbolCount);
    const word = symbol >>> 5;
    const before = this.#words[word]!;
    const after = before | (1 << (symbol & 31));
    if (after === (before | 0)) return false;
    this.#words[word] = after;
    this.#count++;
    return true;
  }

  /** Adds symbols `first .. first + count` and returns how many of them were missing. */
  addRun(first: number, count: number): number {
    return this.#setRun(first, count, true);
  }

  /** Removes symbols `first .. first + count` and returns how many of them were present. */
  removeRun(first: number, count: number): number {
    return this.#setRun(first, count, false);
  }

  /** Adds everything that `other`, a set over as many symbols, holds. */
  addAll(other: Pick<SymbolSet, 'runs'>): void {
    for (const [first, count] of other.runs()) this.addRun(first, count);
  }

  clear(): void {
    this.#words.fill(0);
    this.#count = 0;
  }

  /** The first symbol from `from` on that is missing; `symbolCount` if there is none. */
  nextMissing(from: number): number {
    return this.#next(from, 0xffff_ffff);
  }

  /** The first symbol from `from` on that is present; `symbolCount` if there is none. */
  nextPresent(from: number): number {
    return this.#next(from, 0);
  }

  /** How many of the symbols `first .. end` (without `end`) are missing. */
  missingIn(first: number, end: number): number {
    let missing = end - first;
    for (let symbol = first; symbol < end; ) {
      const stop = Math.min(end, symbol - (symbol & 31) + 32);
      missing -= bitCount(this.#words[symbol >>> 5]! & bitsBetween(symbol & 31, stop - symbol));
      symbol = stop;
    }
    return missing;
  }

  /** The longest runs of present symbols, in order, as [first, count]. The set must not change meanwhile. */
  *runs(): Generator<readonly [first: number, count: number]> {
    for (let first = this.nextPresent(0); first < this.symbolCount; ) {
      const end = this.nextMissing(first);
      yield [first, end - first];
      first = this.nextPresent(end);
    }
  }

  /** Share of symbols present (0–1) in each of `bucketCount` equal stretches, for a small map of the object's progress. */
  fill(bucketCount: number): number[] {
    return Array.from({ length: bucketCount }, (_, bucket) => {
      if (this.symbolCount === 0) return 1;
      const first = Math.floor((bucket * this.symbolCount) / bucketCount);
      const end = Math.max(first + 1, Math.floor(((bucket + 1) * this.symbolCount) / bucketCount));
      return 1 - this.missingIn(first, end) / (end - first);
    });
  }

  #setRun(first: number, count: number, present: boolean): number {
    const end = first + count;
    if (!(first >= 0 && count >= 0 && end <= this.symbolCount)) throw outside(first, count, this.symbolCount);
    let changed = 0;
    for (let symbol = first; symbol < end; ) {
      const stop = Math.min(end, symbol - (symbol & 31) + 32);
      const mask = bitsBetween(symbol & 31, stop - symbol);
      const before = this.#words[symbol >>> 5]!;
      const after = present ? before | mask : before & ~mask;
      changed += bitCount(before ^ after);
      this.#words[symbol >>> 5] = after;
      symbol = stop;
    }
    this.#count += present ? changed : -changed;
    return changed;
  }

  /** First bit from `from` on that differs from those of `skipped`, a word of all zeros or all ones. */
  #next(from: number, skipped: number): number {
    if (from >= this.symbolCount) return this.symbolCount;
    let word = from >>> 5;
    let bits = (this.#words[word]! ^ skipped) & (-1 << (from & 31));
    while (bits === 0) {
      if (++word === this.#words.length) return this.symbolCount;
      bits = this.#words[word]! ^ skipped;
    }
    return Math.min(this.symbolCount, word * 32 + 31 - Math.clz32(bits & -bits));
  }
}

/** A word with `count` (1–32) ones from bit `first` on. */
function bitsBetween(first: number, count: number): number {
  return (0xffff_ffff >>> (32 - count)) << first;
}

/** Ones in a 32-bit word, counted in parallel (Warren, Hacker's Delight, section 5-1). */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

function outside(first: number, count: number, symbolCount: number): LayercastError {
  return new LayercastError(
    'INTERNAL',
    `symbols ${first} to ${first + count - 1} of an object of ${symbolCount} symbols`,
  );
}
