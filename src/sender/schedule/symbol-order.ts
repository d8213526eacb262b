import { blockOf, firstSymbolOf, type Geometry, symbolLength } from '../../object/geometry.js';
import { type Arc, RUN_SYMBOLS } from './ring.js';

/** Multiples of it, without their whole part, lie as far from each other as can be, however many there are. */
const GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

/** Which symbol a channel sends next, for ever. */
export interface SymbolOrder {
  readonly block: number;
  readonly esi: number;
  /** Bytes of the symbol that are sent. */
  readonly length: number;
  advance(): void;
}

/** The carousel of an object without a code: the file from some symbol on, in order, round and round. */
export class FileOrder implements SymbolOrder {
  readonly #geometry: Geometry;
  #symbol: number;

  /** @param firstSymbol its number within the object. */
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
 * The way round an arc of coded symbols: a run of consecutive ESIs of one block, the same ESIs of the next block, and when all
 * blocks have had theirs, the next run. A burst of losses is shared out among blocks, and all blocks are complete at about
 * the same time, whenever a receiver began. Channels of one rate, the same channel of several servers above all, are in step
 * by the clock: so each arc has its rounds begin with a block of its own, or they would all send one block at a time, which
 * is as uneven as longer runs.
 *
 * Repair symbols are whole; so is every source symbol but the object's last.
 */
export class ArcOrder implements SymbolOrder {
  readonly #geometry: Geometry;
  readonly #arc: Arc;
  /** Where rounds over the blocks begin. */
  readonly #firstBlock: number;
  /** Symbols from the beginning of the arc, over all blocks. */
  #position: number;

  constructor(geometry: Geometry, arc: Arc, position: number) {
    this.#geometry = geometry;
    this.#arc = arc;
    this.#firstBlock = Math.floor(((arc.firstEsi * GOLDEN_SECTION) % 1) * geometry.blockCount);
    this.#position = position % (arc.symbolCount * geometry.blockCount);
  }

  get block(): number {
    return (Math.floor(this.#position / RUN_SYMBOLS) + this.#firstBlock) % this.#geometry.blockCount;
  }

  get esi(): number {
    const { blockCount } = this.#geometry;
    const run = Math.floor(this.#position / (RUN_SYMBOLS * blockCount));
    return this.#arc.firstEsi + run * RUN_SYMBOLS + (this.#position % RUN_SYMBOLS);
  }

  get length(): number {
    return codedSymbolLength(this.#geometry, this.block, this.esi);
  }

  advance(): void {
    this.#position = (this.#position + 1) % (this.#arc.symbolCount * this.#geometry.blockCount);
  }
}

/**
 * Where a channel is in its arc at some moment of wall-clock time: all servers and their successors agree on it without a
 * word, so one that starts anew goes on where it would have been.
 *
 * @param startRatio the channel's start offset, as a share of the arc.
 */
export function arcPosition(
  arc: Arc,
  geometry: Geometry,
  startRatio: number,
  intervalUs: number,
  wallUs: number,
): number {
  const symbolCount = arc.symbolCount * geometry.blockCount;
  return (Math.floor(wallUs / intervalUs) + Math.floor((startRatio % 1) * symbolCount)) % symbolCount;
}

/** Bytes of a symbol of a coded object: only its very last source symbol may be short. */
export function codedSymbolLength(geometry: Geometry, block: number, esi: number): number {
  const symbol = firstSymbolOf(geometry, block) + esi;
  return symbol === geometry.symbolCount - 1 && block === geometry.blockCount - 1
    ? symbolLength(geometry, symbol)
    : geometry.symbolBytes;
}
