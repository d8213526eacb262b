import { LayercastError } from '../../base/errors.js';
import { blockSymbolCount, type Geometry } from '../../object/geometry.js';
import type { SharedBytes, SymbolSource } from '../../sender/slab.js';
import type { SymbolRuns } from '../../sender/symbol-runs.js';
import type { FileSource } from '../../store/file-source.js';
import type { CacheFolder } from './cache-folder.js';
import type { CodingThread } from './coding-thread.js';
import type { IntermediateFile } from './intermediate-cache.js';
import { type FastChannel, ObjectSpools } from './object-spools.js';
import { DamagedBlock } from './stored-blocks.js';

/**
 * The symbols of a coded object: source symbols from its file, repair symbols (ESI ≥ K) from its intermediate symbols. The coding
 * thread reads both: a slab has short runs of many blocks, and the hundred reads of these take this thread 100 µs each. If a
 * block's intermediate symbols are damaged, the block is solved anew, and reads that need the block wait.
 */
export class CodedSource implements SymbolSource {
  readonly symbolBytes: number;
  readonly #geometry: Geometry;
  readonly #source: FileSource;
  readonly #thread: CodingThread;
  readonly #file: IntermediateFile;
  readonly #object: number;
  readonly #spools: ObjectSpools;
  /** Blocks being mended: at most one for each read under way. */
  readonly #mending = new Map<number, Promise<void>>();

  /**
   * @param source the object's file; open until `close` has resolved
   * @param file its intermediate symbols; `close` closes it
   * @param wantsSpools whether `openSpools` will be called
   */
  constructor(
    geometry: Geometry,
    source: FileSource,
    file: IntermediateFile,
    thread: CodingThread,
    wantsSpools = false,
  ) {
    this.symbolBytes = geometry.symbolBytes;
    this.#geometry = geometry;
    this.#source = source;
    this.#thread = thread;
    this.#file = file;
    this.#object = thread.open({ sourceFd: source.fd, fd: file.fd, geometry }, wantsSpools);
    this.#spools = new ObjectSpools(thread, this.#object);
  }

  /**
   * Has repair symbols of these channels made ahead, unless the object is held in memory. Resolves when those are made with which they begin.
   *
   * @param folder where the files are made
   * @throws the reason of the signal
   */
  async openSpools(
    channels: readonly FastChannel[],
    folder: CacheFolder,
    signal: AbortSignal,
    onProgress: (madeRatio: number) => void,
  ): Promise<void> {
    if (this.#thread.isHeld(this.#object)) return;
    await this.#spools.open(folder, this.#geometry, channels);
    await this.#spools.ready(signal, onProgress);
  }

  async read(runs: SymbolRuns, into: SharedBytes, strideBytes: number): Promise<void> {
    await this.#make(runs, into, strideBytes);
    let hasSources = false;
    runs.each((block, firstEsi) => {
      hasSources ||= firstEsi < blockSymbolCount(this.#geometry, block);
    });
    if (hasSources) {
      if (!this.#source.confirmNow()) await this.#source.confirm();
    }
  }

  /** Resolves when nothing is read any more. */
  async close(): Promise<void> {
    await this.#spools.close();
    await this.#thread.release(this.#object);
    await Promise.allSettled(this.#mending.values());
    await this.#file.close();
  }

  async #make(runs: SymbolRuns, into: SharedBytes, strideBytes: number): Promise<void> {
    // Each try mends one block, so as many tries as there are runs mend all. A block is damaged twice only if the disk does not keep its
    // data.
    for (let tries = 0; tries <= runs.count; tries++) {
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
