import { blockSymbolCount, firstSymbolOf, type Geometry } from '../../object/geometry.js';
import { FROM_DISK } from './origins.js';

/**
 * The origin of the symbol in each place. While all symbols of a block have one origin, a byte for the block says so; else the
 * block has a byte for each place.
 */
export class SymbolOrigins {
  readonly #geometry: Geometry;
  /** The origin of all symbols of a block, where no bytes are kept for its places. */
  readonly #ofBlock: Uint8Array;
  readonly #ofPlaces = new Map<number, Uint8Array>();

  /** At first, all symbols are from an earlier run. */
  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#ofBlock = new Uint8Array(geometry.blockCount).fill(FROM_DISK);
  }

  /** The origin of the symbol in a place, which has to hold one. */
  of(block: number, place: number): number {
    const places = this.#ofPlaces.get(block);
    return places === undefined ? this.#ofBlock[block]! : places[place - firstSymbolOf(this.#geometry, block)]!;
  }

  /** @param isFirst whether no other place of the block holds a symbol. */
  note(block: number, place: number, origin: number, isFirst: boolean): void {
    if (isFirst) {
      this.#ofPlaces.delete(block);
      this.#ofBlock[block] = origin;
      return;
    }
    let places = this.#ofPlaces.get(block);
    if (places === undefined) {
      if (this.#ofBlock[block] === origin) return;
      places = new Uint8Array(blockSymbolCount(this.#geometry, block)).fill(this.#ofBlock[block]!);
      this.#ofPlaces.set(block, places);
    }
    places[place - firstSymbolOf(this.#geometry, block)] = origin;
  }

  /** Gives back the memory of a block whose origins no longer matter: they count as from an earlier run. */
  forget(block: number): void {
    this.#ofPlaces.delete(block);
    this.#ofBlock[block] = FROM_DISK;
  }
}
