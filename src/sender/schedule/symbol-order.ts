import { blockOf, firstSymbolOf, type Geometry, symbolLength } from '../../object/geometry.js';
import { type Arc, RUN_SYMBOLS } from './ring.js';
import { cycleSymbolCount, esiAt } from './stretches.js';

/** The fractional parts of this number's multiples are as far apart as possible, for any count of them. */
const GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

/** The endless sequence of symbols that a channel sends. The fields describe the next one. */
export interface SymbolOrder {
  readonly block: number;
  readonly esi: number;
  /** Length of the symbol's payload in bytes. */
  readonly length: number;
  advance(): void;
}

/** The order for an object without a code: the file from a given symbol on, in order, again and again. */
export class FileOrder implements SymbolOrder {
  readonly #geometry: Geometry;
  #symbol: number;

  /** @param firstSymbol the number, within the object, of the symbol to begin with. */
  constructor(geometry: Geometry, firstSymbol: number) {
    this.#geometry = geometry;
    this.#symbol = firstSymbol % geometry.symbolCount;
  }

  get block(): number {
    return blockOf(this.#geometry, this.#symbol);
  }

  get esi(): number {
    return this.#symbol - firstSymbolOf(this.#geometry, this.block);
  }

  get length(): number {
    return symbolLength(this.#geometry, this.#symbol);
  }

  advance(): void {
    this.#symbol = (this.#symbol + 1) % this.#geometry.symbolCount;
  }
}

/**
 * The order for an object with a code. It sends a run of consecutive ESIs of one block, the same ESIs of the next block, and after
 * the last block the next run. So a burst of losses is spread over blocks, and all blocks are complete at about the same time,
 * whenever a receiver began. Channels of one rate, above all the same channel of several servers, are in step by the clock. If they
 * all began their rounds with the same block, they would all send one block at a time, which is as uneven as longer runs. So each arc
 * begins its rounds with a block of its own.
 *
 * Repair symbols have full length, and so does every source symbol but the object's last.
 */
export class ArcOrder implements SymbolOrder {
  readonly #geometry: Geometry;
  readonly #arc: Arc;
  /** The block that begins each round over the blocks. */
  readonly #firstBlock: number;
  /** Number of symbols until the order begins anew, of all blocks together. */
  readonly #cycleCount: number;
  /** Number of symbols since the beginning of the cycle, of all blocks together. */
  #position: number;

  constructor(geometry: Geometry, arc: Arc, position: number) {
    this.#geometry = geometry;
    this.#arc = arc;
    this.#firstBlock = Math.floor(((arc.firstEsi * GOLDEN_SECTION) % 1) * geometry.blockCount);
    this.#cycleCount = cycleSymbolCount(arc) * geometry.blockCount;
    this.#position = position % this.#cycleCount;
  }

  get block(): number {
    return (Math.floor(this.#position / RUN_SYMBOLS) + this.#firstBlock) % this.#geometry.blockCount;
  }

  get esi(): number {
    const { blockCount } = this.#geometry;
    const run = Math.floor(this.#position / (RUN_SYMBOLS * blockCount));
    return esiAt(this.#arc, run * RUN_SYMBOLS + (this.#position % RUN_SYMBOLS));
  }

  get length(): number {
    return codedSymbolLength(this.#geometry, this.block, this.esi);
  }

  advance(): void {
    this.#position = (this.#position + 1) % this.#cycleCount;
  }
}

/**
 * A channel's position in the cycle of its arc at a moment of wall-clock time. Servers need not tell each other, because the clock gives the
 * position. A server that restarts continues where it would have been.
 *
 * @param startRatio the channel's start offset, as a share of the cycle.
 * @returns number of symbols since the beginning of the cycle, of all blocks together.
 */
export function arcPosition(
  arc: Arc,
  geometry: Geometry,
  startRatio: number,
  intervalUs: number,
  wallUs: number,
): number {
  const symbolCount = cycleSymbolCount(arc) * geometry.blockCount;
  return (Math.floor(wallUs / intervalUs) + Math.floor((startRatio % 1) * symbolCount)) % symbolCount;
}

/** Length in bytes of a symbol of an object with a code. Only the last source symbol of the object may be short. */
export function codedSymbolLength(geometry: Geometry, block: number, esi: number): number {
  const symbol = firstSymbolOf(geometry, block) + esi;
  return symbol === geometry.symbolCount - 1 && block === geometry.blockCount - 1
    ? symbolLength(geometry, symbol)
    : geometry.symbolBytes;
}
