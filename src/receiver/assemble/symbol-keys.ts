import { blockSymbolCount, firstSymbolOf, type Geometry } from '../../object/geometry.js';
import { UNPROVEN } from '../runs/known-keys.js';

/**
 * The key that proves the symbol in each place, by number; `UNPROVEN` for none. While all symbols of a block have one number, a byte for the
 * block says so; else the block has a byte for each place.
 */
export class SymbolKeys {
  readonly #geometry: Geometry;
  /** The number for all symbols of a block, where no bytes are kept for its places. */
  readonly #ofBlock: Uint8Array;
  readonly #ofPlaces = new Map<number, Uint8Array>();

  /** At first, all symbols are from an earlier run, and not proven. */
  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#ofBlock = new Uint8Array(geometry.blockCount).fill(UNPROVEN);
  }

  /** The number for the symbol in a place, which has to hold one. */
  of(block: number, place: number): number {
    const places = this.#ofPlaces.get(block);
    return places === undefined ? this.#ofBlock[block]! : places[place - firstSymbolOf(this.#geometry, block)]!;
  }

  /** @param isFirst whether no other place of the block holds a symbol. */
  note(block: number, place: number, key: number, isFirst: boolean): void {
    if (isFirst) {
      this.#ofPlaces.delete(block);
      this.#ofBlock[block] = key;
      return;
    }
    let places = this.#ofPlaces.get(block);
    if (places === undefined) {
      if (this.#ofBlock[block] === key) return;
      places = new Uint8Array(blockSymbolCount(this.#geometry, block)).fill(this.#ofBlock[block]!);
      this.#ofPlaces.set(block, places);
    }
    places[place - firstSymbolOf(this.#geometry, block)] = key;
  }

  /** Gives back the memory of a block whose symbols no longer need a proof. */
  forget(block: number): void {
    this.#ofPlaces.delete(block);
    this.#ofBlock[block] = UNPROVEN;
  }
}
