import { type PartialBlock, SPARE_SYMBOLS } from '../fec/decoder.js';
import { blockLength, blockOffset, blockSymbolCount, type Geometry } from '../object/geometry.js';
import type { ByteSink } from '../ports.js';
import type { BlockContent } from './coded-places.js';

/** Solves blocks; `CodingPool` does it in worker threads. */
export interface BlockSolver {
  /** Blocks that it solves at once. */
  readonly workerCount: number;
  /** Makes ready for blocks of so many symbols, so many at once, ahead of the first. */
  prepare(sourceCount: number, blockCount: number): Promise<void>;
  /** Restores `partial.block` in place; false when its symbols do not determine it. */
  restore(partial: PartialBlock, symbolBytes: number): Promise<boolean>;
}

/** Brings blocks of coded symbols from where they lie into memory, and has them solved. */
export class Restoration {
  readonly #geometry: Geometry;
  readonly #sink: ByteSink;
  readonly #solver: BlockSolver;
  /** Memory of blocks solved before: as many as are solved at once. */
  readonly #free: Uint8Array[] = [];

  /** @param concurrency how many blocks will be restored at once, at most. */
  constructor(geometry: Geometry, sink: ByteSink, solver: BlockSolver, concurrency: number) {
    this.#geometry = geometry;
    this.#sink = sink;
    this.#solver = solver;
    // What cannot be made ready ahead is made when it is needed, and fails there.
    solver.prepare(geometry.longBlockSymbolCount, concurrency).catch(() => undefined);
  }

  /**
   * The block's own bytes, or undefined when its symbols do not determine it. They are shared memory that `release` takes
   * back.
   */
  async restore(block: number, content: BlockContent): Promise<Uint8Array | undefined> {
    const { symbolBytes } = this.#geometry;
    const memory = this.#take(block);
    const length = blockLength(this.#geometry, block);
    memory.fill(0, length);
    await this.#sink.read(blockOffset(this.#geometry, block), memory.subarray(0, length));
    const partial = partialBlock(memory, content, symbolBytes);
    if (await this.#solver.restore(partial, symbolBytes)) return memory.subarray(0, length);
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

/**
 * A block as the code wants it: every source symbol in its place. Places of the file, and spare symbols, may be any symbols in
 * any order; here, where it costs a copy and not a write, they change places.
 */
function partialBlock(block: Uint8Array, { esis, spares }: BlockContent, symbolBytes: number): PartialBlock {
  const sourceCount = esis.length;
  const spare = new Uint8Array(SPARE_SYMBOLS * symbolBytes);
  const slots = new Int32Array(sourceCount + SPARE_SYMBOLS).fill(-1);
  const at = (slot: number): Uint8Array => {
    const [bytes, index] = slot < sourceCount ? [block, slot] : [spare, slot - sourceCount];
    return bytes.subarray(index * symbolBytes, (index + 1) * symbolBytes);
  };
  slots.set(esis);
  for (const [i, { esi, bytes }] of spares.entries()) {
    slots[sourceCount + i] = esi;
    at(sourceCount + i).set(bytes);
  }
  const moved = new Uint8Array(symbolBytes);
  for (let slot = 0; slot < sourceCount + spares.length; slot++) {
    for (let esi = slots[slot]!; esi >= 0 && esi < sourceCount && esi !== slot; esi = slots[slot]!) {
      moved.set(at(esi));
      at(esi).set(at(slot));
      at(slot).set(moved);
      slots[slot] = slots[esi]!;
      slots[esi] = esi;
    }
  }
  return { block, spare, slots };
}
