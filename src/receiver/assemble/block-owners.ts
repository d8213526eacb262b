import { blockSymbolCount, type Geometry } from '../../object/geometry.js';
import { FROM_DISK, type Origins } from './origins.js';

/**
 * How many symbols of other sources are refused for a coded block whose owner sends none: 16 runs (src/sender/schedule/ring.ts),
 * so that no channel looks silent because many channels send the same block in turn.
 */
const MAX_REFUSED = 256;
/**
 * Without a code, a server has nothing new for a block before its next pass. A stranger that sends as much as a server offers all
 * symbols of a block once in a pass.
 */
const MAX_REFUSED_PASSES = 2;
/** One new symbol of the owner makes up for this many refused ones: more than there usually are servers. Fewer would drive out an honest owner. */
const REFUSED_PER_NEW = 16;

/** Which sources may fill a block that has been wrong. Any source may fill the other blocks, unless it is banned. */
export class BlockOwners {
  readonly #geometry: Geometry;
  readonly #isCoded: boolean;
  readonly #origins: Origins;
  /** The only origin, besides proven ones, that may fill a block; `FROM_DISK` for any origin. */
  readonly #ownerOf: Uint8Array;
  /** Symbols of other sources that were refused, less those that new symbols of the owner have made up for. */
  readonly #refused: Uint32Array;

  constructor(geometry: Geometry, isCoded: boolean, origins: Origins) {
    this.#geometry = geometry;
    this.#isCoded = isCoded;
    this.#origins = origins;
    this.#ownerOf = new Uint8Array(geometry.blockCount);
    this.#refused = new Uint32Array(geometry.blockCount);
  }

  isWelcome(block: number, origin: number): boolean {
    if (this.#origins.isBanned(origin)) return false;
    const owner = this.#ownerOf[block]!;
    return owner === FROM_DISK || owner === origin || this.#origins.isProven(origin);
  }

  /** Notes that a block got a new symbol. */
  noteNew(block: number): void {
    this.#refused[block] = Math.max(0, this.#refused[block]! - REFUSED_PER_NEW);
  }

  /**
   * Notes that a symbol of this origin was refused. If the owner of a wrong block sends nothing for it while another source
   * does, the other source becomes the owner. Silence proves nothing, so no source is banned.
   */
  refuse(block: number, origin: number): void {
    const passes = MAX_REFUSED_PASSES * blockSymbolCount(this.#geometry, block);
    const limit = this.#isCoded ? MAX_REFUSED : Math.max(MAX_REFUSED, passes);
    if (this.#origins.isBanned(origin) || ++this.#refused[block]! < limit) return;
    this.#ownerOf[block] = origin;
    this.#refused[block] = 0;
  }

  /**
   * Gives a wrong block an owner.
   *
   * @param shares symbols of the block by origin
   * @returns the origins whose symbols may stay
   */
  blame(block: number, shares: ReadonlyMap<number, number>): ReadonlySet<number> {
    const { kept, owner } = this.#origins.blame(shares, this.#ownerOf[block]);
    this.#ownerOf[block] = owner;
    this.#refused[block] = 0;
    return kept;
  }
}
