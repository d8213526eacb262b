import { SPARE_SYMBOLS } from '../../fec/decoder.js';
import { EsiSet } from '../../object/esi-set.js';
import { blockOf, blockSymbolCount, firstSymbolOf, type Geometry, symbolLength } from '../../object/geometry.js';
import type { BlockContent, SpareSymbol } from './block-content.js';
import { NoPlace } from './no-place.js';
import type { ReadonlyHoldings } from './object-store.js';

/**
 * Where the symbols of coded blocks are. A source symbol goes to its own place if that place is free. Any other symbol is a
 * guest in the first free place of its block, so that symbols sent one after the other lie one after the other. If the
 * object's last place is short, it takes no guest.
 */
export class CodedPlaces {
  readonly #geometry: Geometry;
  readonly #holdings: ReadonlyHoldings;
  /** Guests and spare symbols of each block: at most as many as the block has places, and SPARE_SYMBOLS more. */
  readonly #esis: EsiSet;
  /** All places of a block before this one are taken; counted from the block's first place. */
  readonly #firstFree: Uint16Array;
  /** How many symbols more than it has places each block needs, because fewer did not determine it. */
  readonly #extra: Uint8Array;
  readonly #spares = new Map<number, SpareSymbol[]>();
  /** The object's last place if it is short; −1 if not. */
  readonly #shortPlace: number;

  /** @param holdings what the places hold, guests of an earlier run included; the store keeps the record up to date. */
  constructor(holdings: ReadonlyHoldings) {
    const { geometry } = holdings;
    this.#geometry = geometry;
    this.#holdings = holdings;
    this.#esis = new EsiSet(geometry.blockCount);
    this.#firstFree = new Uint16Array(geometry.blockCount);
    this.#extra = new Uint8Array(geometry.blockCount);
    const last = geometry.symbolCount - 1;
    this.#shortPlace = symbolLength(geometry, last) < geometry.symbolBytes ? last : -1;
    for (const [firstPlace, firstEsi, count] of holdings.guestRuns(holdings.filled)) {
      for (let i = 0; i < count; i++) this.#esis.add(blockOf(geometry, firstPlace + i), firstEsi + i);
    }
  }

  /**
   * The place for the symbol with this ESI, or one of `NoPlace`. The next search for a free place begins where this one ended;
   * no answer depends on that.
   */
  placeFor(block: number, esi: number): number {
    const first = firstSymbolOf(this.#geometry, block);
    const end = first + blockSymbolCount(this.#geometry, block);
    const own = first + esi;
    if (own < end) {
      const isFree = !this.#holdings.filled.has(own);
      if (isFree && !this.#esis.has(block, esi)) return own;
      if (!isFree && this.#holdings.guestAt(own) < 0) return NoPlace.known;
    }
    if (this.#esis.has(block, esi)) return NoPlace.known;
    const place = this.#holdings.filled.nextMissing(first + this.#firstFree[block]!);
    this.#firstFree[block] = Math.min(place, end) - first;
    if (place < end && place !== this.#shortPlace) return place;
    return this.#spareCount(block) < this.#spareLimit(block) ? NoPlace.spare : NoPlace.known;
  }

  /** Notes that a symbol has been written to a place. */
  note(block: number, esi: number, place: number): void {
    if (place !== firstSymbolOf(this.#geometry, block) + esi) this.#esis.add(block, esi);
  }

  addSpare(block: number, spare: SpareSymbol): void {
    const spares = this.#spares.get(block) ?? [];
    this.#spares.set(block, spares);
    spares.push({ ...spare, bytes: Uint8Array.from(spare.bytes) });
    this.#esis.add(block, spare.esi);
  }

  sparesOf(block: number): readonly SpareSymbol[] {
    return this.#spares.get(block) ?? [];
  }

  /** Spare symbols of the block, less those that it is known to need. */
  surplusOf(block: number): number {
    return this.#spareCount(block) - this.#extra[block]!;
  }

  /** Lets a block have one more symbol; false when the block already has as many as an honest block can need. */
  wantSpare(block: number): boolean {
    if (this.#spareLimit(block) >= SPARE_SYMBOLS) return false;
    this.#extra[block]!++;
    return true;
  }

  /** The symbols of a block that has to be solved; undefined when every symbol of the block is in its own place. */
  contentOf(block: number): BlockContent | undefined {
    const first = firstSymbolOf(this.#geometry, block);
    const esis = new Int32Array(blockSymbolCount(this.#geometry, block));
    let isWhole = true;
    for (let i = 0; i < esis.length; i++) {
      const guest = this.#holdings.guestAt(first + i);
      esis[i] = this.#holdings.filled.has(first + i) ? (guest < 0 ? i : guest) : -1;
      isWhole &&= esis[i] === i;
    }
    return isWhole ? undefined : { esis, spares: this.sparesOf(block) };
  }

  /** Notes that a place is about to be given up: its symbol may be received again, and the place will take another symbol. */
  vacate(block: number, place: number): void {
    const guest = this.#holdings.guestAt(place);
    if (guest >= 0) this.#esis.delete(block, guest);
    const index = place - firstSymbolOf(this.#geometry, block);
    this.#firstFree[block] = Math.min(this.#firstFree[block]!, index);
  }

  /** Notes that a key proves a spare symbol. */
  proveSpare(block: number, esi: number, key: number): void {
    const spares = this.#spares.get(block) ?? [];
    const at = spares.findIndex((spare) => spare.esi === esi);
    if (at >= 0) spares[at] = { ...spares[at]!, key };
  }

  /** Keeps only the spare symbols that these keys prove. The block needs as many symbols as a new block again. */
  keepSpares(block: number, keys: ReadonlySet<number>): void {
    for (const { esi, key } of this.sparesOf(block)) if (!keys.has(key)) this.#esis.delete(block, esi);
    this.#spares.set(
      block,
      this.sparesOf(block).filter(({ key }) => keys.has(key)),
    );
    this.#extra[block] = 0;
  }

  /** Forgets a block that is whole. */
  forget(block: number): void {
    this.#esis.clear(block);
    this.#spares.delete(block);
    this.#firstFree[block] = 0;
    this.#extra[block] = 0;
  }

  #spareCount(block: number): number {
    return this.#spares.get(block)?.length ?? 0;
  }

  /** How many spares a block may have. While the short place is empty, one spare may replace its symbol, since it takes no guest. */
  #spareLimit(block: number): number {
    const isShort = this.#shortPlace >= 0 && block === this.#geometry.blockCount - 1;
    return this.#extra[block]! + (isShort && !this.#holdings.filled.has(this.#shortPlace) ? 1 : 0);
  }
}
