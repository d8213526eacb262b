import { type Geometry, symbolLength } from '../../../dist/object/geometry.js';
import { SymbolSet } from '../../../dist/object/symbol-set.js';
import type { Content } from '../../../dist/simulate/object/content.js';

/** Bytes of an object by symbol; never written ones are zeros, as in a sparse file. Of a blank object, no bytes are kept. */
export class SymbolStorage {
  /** Whether only what is there is kept, as all of it is zeros. */
  readonly isBlank: boolean;
  readonly #geometry: Geometry;
  readonly #known: Content | undefined;
  /** Symbols that are as `known` has them, and so need no memory. */
  readonly #genuine: SymbolSet;
  readonly #others = new Map<number, Uint8Array>();

  constructor(geometry: Geometry, known: Content | undefined) {
    this.#geometry = geometry;
    this.#known = known;
    this.isBlank = known?.isBlank === true;
    this.#genuine = new SymbolSet(geometry.symbolCount);
  }

  /** Symbols that were written. */
  get count(): number {
    return this.#genuine.count + this.#others.size;
  }

  /** Whether every symbol is as it should be. */
  get isGenuine(): boolean {
    return this.#known === undefined || this.#genuine.isComplete;
  }

  /** Whether a symbol is as it should be, as far as that is known. */
  isGenuineAt(symbol: number): boolean {
    return this.#known === undefined || this.#genuine.has(symbol);
  }

  put(symbol: number, bytes: Uint8Array): void {
    const isGenuine =
      this.isBlank || (this.#known !== undefined && Buffer.compare(this.#knownSymbol(symbol), bytes) === 0);
    if (isGenuine) {
      this.#genuine.add(symbol);
      this.#others.delete(symbol);
      return;
    }
    this.#genuine.removeRun(symbol, 1);
    this.#others.set(symbol, bytes.slice());
  }

  has(symbol: number): boolean {
    return this.#genuine.has(symbol) || this.#others.has(symbol);
  }

  copy(offset: number, into: Uint8Array): void {
    if (this.isBlank) {
      into.fill(0);
      return;
    }
    const { symbolBytes } = this.#geometry;
    for (let at = 0; at < into.length; ) {
      const symbol = Math.floor((offset + at) / symbolBytes);
      const skip = offset + at - symbol * symbolBytes;
      const length = Math.min(into.length - at, symbolLength(this.#geometry, symbol) - skip);
      const piece = into.subarray(at, at + length);
      if (this.#genuine.has(symbol)) piece.set(this.#known!.slice(offset + at, length));
      else piece.set(this.#others.get(symbol)?.subarray(skip, skip + length) ?? piece.fill(0));
      at += length;
    }
  }

  /** These symbols are there and right. Needs `known`. */
  assume(symbols: SymbolSet): void {
    this.#genuine.addAll(symbols);
  }

  /** Turns symbols into garbage. */
  spoil(isSpoilt: (symbol: number) => boolean): void {
    for (const [first, count] of [...this.#genuine.runs()]) {
      for (let symbol = first; symbol < first + count; symbol++) {
        if (!isSpoilt(symbol)) continue;
        this.#genuine.removeRun(symbol, 1);
        if (!this.isBlank) this.#others.set(symbol, this.#garbage(symbol));
      }
    }
    for (const symbol of this.#others.keys()) {
      if (isSpoilt(symbol)) this.#others.set(symbol, this.#garbage(symbol));
    }
  }

  #knownSymbol(symbol: number): Uint8Array {
    return this.#known!.slice(symbol * this.#geometry.symbolBytes, symbolLength(this.#geometry, symbol));
  }

  #garbage(symbol: number): Uint8Array {
    return new Uint8Array(symbolLength(this.#geometry, symbol)).fill(0xdb);
  }
}
