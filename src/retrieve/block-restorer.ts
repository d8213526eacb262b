import { LayercastError } from '../base/errors.js';
import type { Outcome } from '../receiver/assemble/block-content.js';
import { Pool } from '../work/pool.js';
import type { RestoringWorker } from './restoring-worker.js';
import type { BlockRun, StoredBlock } from './stored-block.js';

/** Restores blocks in files. */
export interface BlockRestorer {
  /** How many blocks it restores at once. */
  readonly threadCount: number;
  /** Starts what `restore` needs, so that the first block does not wait. */
  prepare(): void;
  /**
   * Solves a block in the memory of another thread. If the result has the digest, writes it over the given places.
   *
   * @param confirm called once, when the block is solved and has the digest: returns, in order, the runs of places that may be written
   *   over and do not hold their own symbols. Nothing is written before it resolves, and nothing if it rejects.
   * @returns when all is in the file, though not yet on disk
   * @throws {LayercastError} `DISK_FULL`, `FILE_IO`, `THREAD_LOST`, …; what `confirm` throws
   */
  restore(block: StoredBlock, digest: Uint8Array, confirm: () => Promise<readonly BlockRun[]>): Promise<Outcome>;
  /** Gives back all memory. A later call of `prepare` or `restore` begins anew. */
  rest(): Promise<void>;
}

/** Blocks that may wait for a thread: more than receivers prove at once. */
const MAX_WAITING = 256;

/** Restores blocks in threads of its own, one in each thread at a time. */
export class RestoringThreads implements BlockRestorer, AsyncDisposable {
  readonly threadCount: number;
  readonly #underWay = new Set<Promise<Outcome>>();
  #pool: Pool<RestoringWorker> | undefined;
  #isClosed = false;

  constructor(threadCount: number) {
    this.threadCount = threadCount;
  }

  prepare(): void {
    // If the thread cannot be started, the first block says why.
    if (!this.#isClosed) this.#threads.call('prepare', undefined).catch(() => undefined);
  }

  restore(block: StoredBlock, digest: Uint8Array, confirm: () => Promise<readonly BlockRun[]>): Promise<Outcome> {
    if (this.#isClosed) return Promise.reject(new LayercastError('ABORTED', 'the restoring threads were ended'));
    const restored = this.#restore(block, digest, confirm).finally(() => this.#underWay.delete(restored));
    this.#underWay.add(restored);
    return restored;
  }

  async rest(): Promise<void> {
    // A thread that is ended in the middle of a block might still write to the file when others believe that it does not.
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.close();
  }

  /** Ends the threads for good, after the blocks under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.rest();
  }

  #restore(block: StoredBlock, digest: Uint8Array, confirm: () => Promise<readonly BlockRun[]>): Promise<Outcome> {
    return this.#threads.lend(async (thread): Promise<Outcome> => {
      const found = await thread.call('solve', block);
      if (found === undefined) return 'unsolved';
      if (Buffer.compare(found, digest) !== 0) return 'wrong';
      await thread.call('write', await confirm());
      return 'genuine';
    });
  }

  get #threads(): Pool<RestoringWorker> {
    const { threadCount } = this;
    const options = { name: 'restoring', threadCount, maxWaiting: MAX_WAITING };
    this.#pool ??= new Pool<RestoringWorker>(new URL('./restoring-worker.js', import.meta.url), options);
    return this.#pool;
  }
}
