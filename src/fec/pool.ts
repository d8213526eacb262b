import { LayercastError } from '../base/errors.js';
import { memoryOf } from '../work/calls.js';
import { Pool } from '../work/pool.js';
import type { PartialBlock } from './decoder.js';
import type { PoolWorker } from './pool-worker.js';

export interface PoolOptions {
  /** Threads, started when first needed; each works on one block at a time. */
  readonly workerCount: number;
}

/** Blocks that may wait for a worker: a bound on their memory, and more than the workers need to stay busy. */
const MAX_WAITING = 256;

/**
 * Decodes blocks in worker threads, several at once.
 *
 * A block in a `SharedArrayBuffer` is solved in that memory. Any other block is copied to the worker, and the result back,
 * which takes the calling thread about 0.2 ms a megabyte. The caller must not touch the memory until the promise is settled.
 */
export class CodingPool {
  readonly workerCount: number;
  readonly #pool: Pool<PoolWorker>;

  /**
   * @throws {LayercastError} `FEC_INVALID` unless `workerCount` is a whole number from 1 up
   */
  constructor({ workerCount }: PoolOptions) {
    if (!Number.isSafeInteger(workerCount) || workerCount < 1) {
      throw new LayercastError('FEC_INVALID', `a pool cannot have ${workerCount} workers`, { hint: 'give 1 or more' });
    }
    this.workerCount = workerCount;
    this.#pool = new Pool<PoolWorker>(new URL('./pool-worker.js', import.meta.url), {
      name: 'decoding',
      threadCount: workerCount,
      maxWaiting: MAX_WAITING,
    });
  }

  /**
   * Starts threads and has them make what blocks of `sourceCount` symbols need, once and for all: the first such block then
   * takes no longer than the next.
   *
   * @param threadCount how many of the threads; those that are ready are used first
   * @throws {LayercastError} `FEC_INVALID` for no such block, `THREAD_LOST`, or `ABORTED` when the pool was closed first
   */
  async prepare(sourceCount: number, threadCount: number): Promise<void> {
    const count = Math.min(threadCount, this.workerCount);
    await Promise.all(Array.from({ length: count }, () => this.#pool.call('prepare', sourceCount)));
  }

  /**
   * Restores a block as `solveBlock` does, and hashes it in the same thread: 25 MB take some 20 ms.
   *
   * @param lengthBytes how much of the block is hashed: the object's last symbol may be short
   * @returns the SHA-256 of the block, or undefined when its symbols do not determine it
   * @throws {LayercastError} `FEC_INVALID` as `solveBlock`, `THREAD_LOST`, or `ABORTED` when the pool was closed first
   */
  async solve(partial: PartialBlock, symbolBytes: number, lengthBytes: number): Promise<Uint8Array | undefined> {
    const { esis } = partial;
    const [block, spare] = [sendable(partial.block), sendable(partial.spare)];
    const request = { block, spare, esis, symbolBytes, lengthBytes };
    const solved = await this.#pool.call('solve', request, { transfer: memoryOf(block, spare) });
    if (solved.digest !== undefined && solved.block.buffer instanceof ArrayBuffer) partial.block.set(solved.block);
    return solved.digest;
  }

  /** Stops the workers; blocks that are not done are rejected with `ABORTED`. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** Memory that can be moved to another thread without the rest of its buffer. */
function sendable(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
}
