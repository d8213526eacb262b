import { createHash } from 'node:crypto';
import { blockLength, blockOffset, blockSymbolCount, firstSymbolOf } from '../../object/geometry.js';
import type { ObjectStore } from '../assemble/object-store.js';

/** Most bytes that are asked for at once. Between two requests there is a pause if the rate is limited. */
const MAX_REQUEST_BYTES = 128 * 1024;

/** A block that is put together from symbols that the receiver has, and bytes of a source. */
export class FilledBlock {
  readonly block: number;
  readonly bytes: Uint8Array;
  readonly #store: ObjectStore;
  readonly #first: number;
  /** 1 for each symbol whose bytes came from the source. */
  readonly #isFetched: Uint8Array;

  constructor(store: ObjectStore, block: number) {
    const { geometry } = store.holdings;
    this.block = block;
    this.bytes = new Uint8Array(blockLength(geometry, block));
    this.#store = store;
    this.#first = firstSymbolOf(geometry, block);
    this.#isFetched = new Uint8Array(blockSymbolCount(geometry, block));
  }

  /** Whether every byte came from the source. */
  get isFetchedWhole(): boolean {
    return this.#isFetched.every((isFetched) => isFetched === 1);
  }

  /**
   * Asks for the symbols that are not at their own places, or for all.
   *
   * @param read fills its argument from an offset of the object
   * @returns how many bytes were fetched
   */
  async fetch(isWhole: boolean, read: (offset: number, into: Uint8Array) => Promise<void>): Promise<number> {
    const { symbolBytes } = this.#store.holdings.geometry;
    const start = blockOffset(this.#store.holdings.geometry, this.block);
    const maxCount = Math.max(1, Math.floor(MAX_REQUEST_BYTES / symbolBytes));
    let fetchedBytes = 0;
    for (let from = 0; from < this.#isFetched.length; ) {
      if (!isWhole && this.#isOwn(from)) {
        from++;
        continue;
      }
      let end = from + 1;
      while (end < this.#isFetched.length && end - from < maxCount && (isWhole || !this.#isOwn(end))) end++;
      const into = this.bytes.subarray(from * symbolBytes, end * symbolBytes);
      await read(start + from * symbolBytes, into);
      this.#isFetched.fill(1, from, end);
      fetchedBytes += into.length;
      from = end;
    }
    return fetchedBytes;
  }

  /** Adds the symbols that the receiver has; false if one is missing, because it was given up meanwhile. */
  async complete(): Promise<boolean> {
    if (this.isFetchedWhole) return true;
    const { symbolBytes } = this.#store.holdings.geometry;
    const stored = new Uint8Array(this.bytes.length);
    await this.#store.read(this.#first, stored);
    for (let symbol = 0; symbol < this.#isFetched.length; symbol++) {
      if (this.#isFetched[symbol] === 1) continue;
      if (!this.#isOwn(symbol)) return false;
      const at = symbol * symbolBytes;
      this.bytes.set(stored.subarray(at, at + symbolBytes), at);
    }
    return true;
  }

  hasDigest(digest: Uint8Array): boolean {
    return createHash('sha256').update(this.bytes).digest().equals(digest);
  }

  /** Whether the place of a symbol holds the symbol itself. */
  #isOwn(symbol: number): boolean {
    const { holdings } = this.#store;
    const place = this.#first + symbol;
    return holdings.filled.has(place) && holdings.guestAt(place) < 0;
  }
}
