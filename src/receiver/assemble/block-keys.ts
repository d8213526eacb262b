import { blockSymbolCount, firstSymbolOf, type Geometry } from '../../object/geometry.js';
import type { KnownKeys } from '../runs/known-keys.js';
import type { CodedPlaces } from './coded-places.js';
import { NoPlace } from './no-place.js';
import type { ReadonlyHoldings } from './object-store.js';
import { SoleKeys, type Verdict } from './sole-keys.js';
import { SymbolKeys } from './symbol-keys.js';

/** What has to be done about a wrong block. */
export interface Rejection extends Pick<Verdict, 'hadUnproven' | 'left'> {
  /** The places that the store has to give up at once, as runs. */
  readonly freed: readonly PlaceRun[];
}

/** Consecutive places of the object. */
export interface PlaceRun {
  readonly first: number;
  count: number;
}

/** Knows which keys prove the symbols of each block and which key alone may fill it, and says which symbols of a wrong block stay. */
export class BlockKeys {
  readonly #geometry: Geometry;
  readonly #holdings: ReadonlyHoldings;
  /** Undefined for an object without a code. */
  readonly #coded: CodedPlaces | undefined;
  readonly #symbolKeys: SymbolKeys;
  readonly #soleKeys: SoleKeys;
  /** Counts how often each block was wrong, modulo 2^16. */
  readonly #generations: Uint16Array;

  constructor(holdings: ReadonlyHoldings, coded: CodedPlaces | undefined, keys: KnownKeys) {
    const { geometry } = holdings;
    this.#geometry = geometry;
    this.#holdings = holdings;
    this.#coded = coded;
    this.#symbolKeys = new SymbolKeys(geometry);
    this.#soleKeys = new SoleKeys(keys);
    this.#generations = new Uint16Array(geometry.blockCount);
  }

  /** As `SoleKeys.isWelcome`. */
  isWelcome(block: number, key: number): boolean {
    return this.#soleKeys.isWelcome(block, key);
  }

  /** As `SoleKeys.isReserved`. */
  isReserved(block: number): boolean {
    return this.#soleKeys.isReserved(block);
  }

  /** Notes that a symbol was not welcome. */
  noteRefused(block: number, key: number): void {
    this.#soleKeys.noteRefused(block, key, blockSymbolCount(this.#geometry, block));
  }

  /** As `SymbolKeys.note`. */
  note(block: number, place: number, key: number, isFirst: boolean): void {
    this.#symbolKeys.note(block, place, key, isFirst);
  }

  /** Stands for the symbols that a block has now: it changes when a wrong block gives up symbols. */
  generationOf(block: number): number {
    return this.#generations[block]!;
  }

  /** As `Assembler.prove`, for a block that is not verified. */
  prove(block: number, esi: number, place: number, generation: number, key: number): void {
    if (generation !== this.#generations[block]) return;
    if (place === NoPlace.spare) this.#coded?.proveSpare(block, esi, key);
    else this.#symbolKeys.note(block, place, key, false);
  }

  /**
   * Judges a wrong block, and forgets the symbols that it gives up: those that no key proves, or if there are none, those of a key that signed
   * wrong ones.
   */
  reject(block: number): Rejection {
    this.#generations[block]!++;
    const { kept, hadUnproven, left } = this.#soleKeys.judge(block, this.#sharesOf(block));
    const freed: PlaceRun[] = [];
    for (const place of this.#placesOf(block)) {
      if (kept.has(this.#symbolKeys.of(block, place))) continue;
      this.#coded?.vacate(block, place);
      const last = freed.at(-1);
      if (last !== undefined && last.first + last.count === place) last.count++;
      else freed.push({ first: place, count: 1 });
    }
    this.#coded?.keepSpares(block, kept);
    return { freed, hadUnproven, left };
  }

  /**
   * Forgets the keys of a block that is right.
   *
   * @returns as `SoleKeys.clear`
   */
  accept(block: number, isFromServers: boolean): number | undefined {
    // If the block turns out wrong later, its bytes have changed on disk, and no server is to blame.
    this.#symbolKeys.forget(block);
    return this.#soleKeys.clear(block, isFromServers);
  }

  /** The filled places of a block. */
  *#placesOf(block: number): Generator<number> {
    const first = firstSymbolOf(this.#geometry, block);
    const end = first + blockSymbolCount(this.#geometry, block);
    for (let place = first; place < end; place++) if (this.#holdings.filled.has(place)) yield place;
  }

  /** Symbols of a block by the numbers of their keys. */
  #sharesOf(block: number): Map<number, number> {
    const shares = new Map<number, number>();
    const count = (key: number) => shares.set(key, (shares.get(key) ?? 0) + 1);
    for (const place of this.#placesOf(block)) count(this.#symbolKeys.of(block, place));
    for (const { key } of this.#coded?.sparesOf(block) ?? []) count(key);
    return shares;
  }
}
