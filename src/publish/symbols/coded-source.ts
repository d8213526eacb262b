import { LayercastError } from '../../base/errors.js';
import { blockSymbolCount, type Geometry } from '../../object/geometry.js';
import type { SharedBytes, SymbolRun, SymbolSource } from '../../sender/slab.js';
import type { CodingThread } from './coding-thread.js';
import type { IntermediateFile } from './intermediate-cache.js';
import { DamagedBlock } from './stored-blocks.js';

/**
 * The symbols of a coded object: source symbols from its file, repair symbols (ESI ≥ K) from its intermediate symbols. If a
 * block's intermediate symbols are damaged, the block is solved anew, and reads that need the block wait.
 */
export class CodedSource implements SymbolSource {
  readonly symbolBytes: number;
  readonly #geometry: Geometry;
  readonly #sources: SymbolSource;
  readonly #thread: CodingThread;
  readonly #file: IntermediateFile;
  readonly #object: number;
  /** Blocks being mended: at most one for each read under way. */
  readonly #mending = new Map<number, Promise<void>>();

  /**
   * @param sources the object's source symbols
   * @param file its intermediate symbols; `close` closes it
   */
  constructor(geometry: Geometry, sources: SymbolSource, file: IntermediateFile, thread: CodingThread) {
    this.symbolBytes = geometry.symbolBytes;
    this.#geometry = geometry;
    this.#sources = sources;
    this.#thread = thread;
    this.#file = file;
    this.#object = thread.open({ fd: file.fd, geometry });
  }

  async read(runs: readonly Readonly<SymbolRun>[], into: SharedBytes, strideBytes: number): Promise<void> {
    const source: SymbolRun[] = [];
    const repair: SymbolRun[] = [];
    for (const run of runs) this.#split(run, strideBytes, source, repair);
    await Promise.all([
      source.length === 0 ? undefined : this.#sources.read(source, into, strideBytes),
      repair.length === 0 ? undefined : this.#make(repair, into, strideBytes),
    ]);
  }

  /** Resolves when nothing is read any more. */
  async close(): Promise<void> {
    await this.#thread.release(this.#object);
    await Promise.allSettled(this.#mending.values());
    await this.#file.close();
  }

  #split(
    { block, firstEsi, start, count }: Readonly<SymbolRun>,
    strideBytes: number,
    source: SymbolRun[],
    repair: SymbolRun[],
  ): void {
    const sourceCount = blockSymbolCount(this.#geometry, block);
    const before = Math.max(0, Math.min(count, sourceCount - firstEsi));
    if (before > 0) source.push({ block, firstEsi, start, count: before });
    if (before < count) {
      repair.push({ block, firstEsi: firstEsi + before, start: start + before * strideBytes, count: count - before });
    }
  }

  async #make(runs: readonly SymbolRun[], into: SharedBytes, strideBytes: number): Promise<void> {
    // Each try mends one block, so `runs.length` tries mend all. A block is damaged twice only if the disk does not keep its
    // data.
    for (let tries = 0; tries <= runs.length; tries++) {
      try {
        return await this.#thread.make(this.#object, runs, into, strideBytes);
      } catch (error) {
        if (!(error instanceof DamagedBlock)) throw error;
        await this.#mend(error.block);
      }
    }
    throw new LayercastError('FILE_IO', 'intermediate symbols are damaged as soon as they are written', {
      hint: (say) => `check the disk of the state directory, or name another with ${say('stateDir')}`,
    });
  }

  /** Mends a block once for all channels that need it. */
  #mend(block: number): Promise<void> {
    const running = this.#mending.get(block);
    if (running !== undefined) return running;
    const mending = this.#file.mend(block).finally(() => this.#mending.delete(block));
    this.#mending.set(block, mending);
    return mending;
  }
}
