import { type PartialBlock, SPARE_SYMBOLS } from '../../fec/decoder.js';
import { blockLength, blockSymbolCount, firstSymbolOf, type Geometry } from '../../object/geometry.js';
import type { BlockContent } from './coded-places.js';
import type { ObjectStore } from './object-store.js';

/** Solves blocks; `CodingPool` does it in worker threads. */
export interface BlockSolver {
  /** Blocks that it solves at once. */
  readonly workerCount: number;
  /** Makes ready for blocks of so many symbols, so many at once, ahead of the first. */
  prepare(sourceCount: number, blockCount: number): Promise<void>;
  /**
   * Restores `partial.block` in place, whose places and spare symbols may be any symbols in any order.
   *
   * @returns SHA-256 of the first `lengthBytes` of the block; undefined when the symbols do not determine it.
   */
  solve(partial: PartialBlock, symbolBytes: number, lengthBytes: number): Promise<Uint8Array | undefined>;
}

/** A block as its symbols determine it. */
export interface RestoredBlock {
  /** Shared memory that `release` takes back. */
  readonly bytes: Uint8Array;
  readonly sha256: Uint8Array;
}

/** Brings blocks of coded symbols from where they lie into memory, and has them solved. */
export class Restoration {
  readonly #geometry: Geometry;
  readonly #store: Pick<ObjectStore, 'read'>;
  readonly #solver: BlockSolver;
  /** Memory of blocks solved before: as many as are solved at once. */
  readonly #free: Uint8Array[] = [];

  /** @param concurrency how many blocks will be restored at once, at most. */
  constructor(geometry: Geometry, store: Pick<ObjectStore, 'read'>, solver: BlockSolver, concurrency: number) {
    this.#geometry = geometry;
    this.#store = store;
    this.#solver = solver;
    // What cannot be made ready ahead is made when it is needed, and fails there.
    solver.prepare(geometry.longBlockSymbolCount, concurrency).catch(() => undefined);
  }

  /** The block's own bytes, or undefined when its symbols do not determine it. */
  async restore(block: number, { esis, spares }: BlockContent): Promise<RestoredBlock | undefined> {
    const { symbolBytes } = this.#geometry;
    const memory = this.#take(block);
    const length = blockLength(this.#geometry, block);
    memory.fill(0, length);
    await this.#store.read(firstSymbolOf(this.#geometry, block), memory.subarray(0, length));
    const spare = new Uint8Array(SPARE_SYMBOLS * symbolBytes);
    const rowEsis = new Int32Array(esis.length + SPARE_SYMBOLS).fill(-1);
    rowEsis.set(esis);
    for (const [i, { esi, bytes }] of spares.entries()) {
      rowEsis[esis.length + i] = esi;
      spare.set(bytes, i * symbolBytes);
    }
    const sha256 = await this.#solver.solve({ block: memory, spare, esis: rowEsis }, symbolBytes, length);
    if (sha256 !== undefined) return { bytes: memory.subarray(0, length), sha256 };
    this.release(memory);
    return undefined;
  }

  release(bytes: Uint8Array): void {
    this.#free.push(new Uint8Array(bytes.buffer));
  }

  #take(block: number): Uint8Array {
    const bytes = blockSymbolCount(this.#geometry, block) * this.#geometry.symbolBytes;
    const longest = this.#geometry.longBlockSymbolCount * this.#geometry.symbolBytes;
    const memory = this.#free.pop() ?? new Uint8Array(new SharedArrayBuffer(longest));
    return memory.subarray(0, bytes);
  }
}
