import { blockSymbolCount, type Geometry } from '../../dist/object/geometry.js';
import { SymbolSet } from '../../dist/object/symbol-set.js';
import type { Random } from './random.js';

/** The part of a receiver that this benchmark needs: takes symbols, and knows when the object is complete. */
export interface Collector {
  add(block: number, esi: number): void;
  readonly isComplete: boolean;
}

/** A receiver without a code: needs every symbol of the object, at least once. */
export class PlainCollector implements Collector {
  readonly #geometry: Geometry;
  readonly #have: SymbolSet;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#have = new SymbolSet(geometry.symbolCount);
  }

  add(block: number, esi: number): void {
    const { longBlockCount, longBlockSymbolCount } = this.#geometry;
    this.#have.add(block * longBlockSymbolCount - Math.max(0, block - longBlockCount) + esi);
  }

  get isComplete(): boolean {
    return this.#have.isComplete;
  }
}

/**
 * A receiver with RaptorQ: needs as many different symbols of a block as the block has, and now and then one or two more. A block
 * decodes from h additional symbols with probability 1 − 256^-(h+1) (RFC 6330 allows at most 1 %, 0.01 % and 0.0001 % of failures).
 */
export class CodedCollector implements Collector {
  readonly #have: SymbolSet;
  readonly #esiCount: number;
  readonly #missing: Int32Array;
  #openCount: number;

  /** @param esiCount ESIs of a block that are ever sent. */
  constructor(geometry: Geometry, esiCount: number, random: Random) {
    this.#esiCount = esiCount;
    this.#have = new SymbolSet(geometry.blockCount * esiCount);
    this.#missing = Int32Array.from(
      { length: geometry.blockCount },
      (_, block) => blockSymbolCount(geometry, block) + Math.floor(-Math.log(1 - random()) / Math.log(256)),
    );
    this.#openCount = geometry.blockCount;
  }

  add(block: number, esi: number): void {
    if (this.#missing[block]! > 0 && this.#have.add(block * this.#esiCount + esi) && --this.#missing[block]! === 0) {
      this.#openCount--;
    }
  }

  get isComplete(): boolean {
    return this.#openCount === 0;
  }
}
