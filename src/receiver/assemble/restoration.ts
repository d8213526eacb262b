import { type PartialBlock, SPARE_SYMBOLS } from '../../fec/decoder.js';
import { blockLength, blockSymbolCount, firstSymbolOf, type Geometry } from '../../object/geometry.js';
import type { BlockContent } from './coded-places.js';
import type { ObjectStore } from './object-store.js';

/** Solves blocks; `CodingPool` solves them in worker threads. */
export interface BlockSolver {
  /** How many blocks the solver can solve at once. */
  readonly workerCount: number;
  /** Prepares to solve `blockCount` blocks at once, of `sourceCount` source symbols each, so that the first solve does not wait. */
  prepare(sourceCount: number, blockCount: number): Promise<void>;
  /**
   * Overwrites `partial.block` with its source symbols. Its places and spare symbols may hold any symbols in any order.
   *
   * @returns SHA-256 of the first `lengthBytes` of the block; undefined when the symbols do not determine it.
   */
  solve(partial: PartialBlock, symbolBytes: number, lengthBytes: number): Promise<Uint8Array | undefined>;
}

/** The source bytes of a block, computed from its symbols. */
export interface RestoredBlock {
  /** Shared memory that `release` takes back. */
  readonly bytes: Uint8Array;
  readonly sha256: Uint8Array;
}

/** Reads blocks of coded symbols into memory and has them solved. */
export class Restoration {
  readonly #geometry: Geometry;
  readonly #store: Pick<ObjectStore, 'read'>;
  readonly #solver: BlockSolver;
  /** Memory of blocks solved before; at most as many as are restored at once. */
  readonly #free: Uint8Array[] = [];

  /** @param concurrency the most blocks that will be restored at once. */
  constructor(geometry: Geometry, store: Pick<ObjectStore, 'read'>, solver: BlockSolver, concurrency: number) {
    this.#geometry = geometry;
    this.#store = store;
    this.#solver = solver;
    // If the preparation fails, the solver prepares again when a block is solved, and fails there.
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
