import { blockOf, firstSymbolOf, type Geometry, symbolLength } from '../../object/geometry.js';
import type { ObjectStore } from '../assemble/object-store.js';

/** A disk that is behind takes a symbol again much sooner than after so many pauses; one that is full or fails takes none. */
const MAX_PAUSES = 100;

/** Puts bytes of an object that are already on this host into a store, symbol by symbol. */
export class SymbolFiller {
  /** Bytes of the object that were written. */
  bytes = 0;
  readonly #store: ObjectStore;
  readonly #geometry: Geometry;
  readonly #pause: () => Promise<void>;
  /** The symbol that is being put together from several pieces, and how many of its first bytes are there. */
  readonly #partial: Uint8Array;
  #symbol = -1;
  #have = 0;

  /** @param pause resolves after some 10 ms, in which the disk of the store may catch up */
  constructor(store: ObjectStore, pause: () => Promise<void>) {
    this.#store = store;
    this.#geometry = store.holdings.geometry;
    this.#partial = new Uint8Array(this.#geometry.symbolBytes);
    this.#pause = pause;
  }

  /** Whether all symbols that have some of these bytes are in the store. */
  has(offset: number, length: number): boolean {
    const { symbolBytes } = this.#geometry;
    const first = Math.floor(offset / symbolBytes);
    return this.#store.holdings.filled.missingIn(first, Math.ceil((offset + length) / symbolBytes)) === 0;
  }

  /**
   * Takes bytes of the object, in ascending order of their offsets. A symbol is written when all its bytes have been taken.
   *
   * @throws {LayercastError} `DISK_FULL`, `FILE_IO`, … if that is why the store takes no symbol
   */
  async take(offset: number, bytes: Uint8Array): Promise<void> {
    const { symbolBytes } = this.#geometry;
    for (let at = 0; at < bytes.length; ) {
      const symbol = Math.floor((offset + at) / symbolBytes);
      const before = offset + at - symbol * symbolBytes;
      const length = symbolLength(this.#geometry, symbol);
      const count = Math.min(length - before, bytes.length - at);
      if (count === length) await this.#write(symbol, bytes, at, length);
      else {
        if (before === 0) {
          this.#symbol = symbol;
          this.#have = 0;
        }
        // Without the bytes before, the symbol is not known.
        if (this.#symbol === symbol && this.#have === before) {
          this.#partial.set(bytes.subarray(at, at + count), before);
          this.#have += count;
          if (this.#have === length) await this.#write(symbol, this.#partial, 0, length);
        }
      }
      at += count;
    }
  }

  async #write(place: number, bytes: Uint8Array, start: number, length: number): Promise<void> {
    if (this.#store.holdings.filled.has(place)) return;
    const esi = place - firstSymbolOf(this.#geometry, blockOf(this.#geometry, place));
    for (let pauses = 0; !this.#store.writeSymbol(place, esi, bytes, start, length); pauses++) {
      if (pauses > MAX_PAUSES) return;
      // A checkpoint says what is wrong with the disk, or makes room for symbols.
      await (pauses === MAX_PAUSES ? this.#store.checkpoint() : this.#pause());
    }
    this.bytes += length;
  }
}
