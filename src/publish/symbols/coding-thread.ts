import { LayercastError } from '../../base/errors.js';
import type { SharedBytes, SymbolRun } from '../../sender/slab.js';
import { Thread } from '../../work/thread.js';
import type { CodingWorker, MakeRequest, OpenObject } from './coding-worker.js';
import { packRuns } from './packed-runs.js';
import { DamagedBlock } from './stored-blocks.js';

/**
 * Intermediate symbols held in memory: an object of one block, or the permanent symbols of 90 larger blocks. The server may take
 * 110 MB in all, and without these symbols it takes some 80.
 */
const HELD_BYTES = 24 * 2 ** 20;

/** Most threads that are tried for one request: a request that ended two threads would end a third one too. */
const MAX_ATTEMPTS = 2;

/**
 * Makes symbols of all coded objects of a sender in one thread, started when first needed, so that the main thread is
 * never late for a datagram. If the thread is lost, another one takes over all open objects and the requests under way.
 */
export class CodingThread {
  /** Open objects of the sender; a new thread has to be told these first. */
  readonly #objects = new Map<number, OpenObject>();
  readonly #heldBytes: number;
  #thread: Thread<CodingWorker> | undefined;
  #objectCount = 0;
  #isClosed = false;

  /** @param heldBytes how much of all files together may be held in memory */
  constructor(heldBytes: number = HELD_BYTES) {
    this.#heldBytes = heldBytes;
  }

  /**
   * @param file an open file of intermediate symbols; stays open until `release` has resolved
   * @returns the number that the object has from now on
   */
  open(file: OpenObject): number {
    const object = this.#objectCount++;
    this.#objects.set(object, file);
    // A thread that starts later is told then.
    if (this.#thread !== undefined) tell(this.#thread, object, file);
    return object;
  }

  /**
   * Makes runs of symbols. The thread writes them to `into` itself; when this has settled, it writes there no more.
   *
   * @param into memory that the thread shares
   * @param strideBytes from symbol to symbol of a run
   * @throws {DamagedBlock}
   * @throws {LayercastError} `FILE_IO` when the file cannot be read; `ABORTED` after `close`; `THREAD_LOST`
   */
  async make(
    object: number,
    runs: readonly Readonly<SymbolRun>[],
    into: SharedBytes,
    strideBytes: number,
  ): Promise<void> {
    const damagedBlock = await this.#make({ object, runs: packRuns(runs), into, strideBytes });
    if (damagedBlock !== undefined) throw new DamagedBlock(damagedBlock);
  }

  /** Forgets an object; resolves when its file is not read any more. */
  async release(object: number): Promise<void> {
    this.#objects.delete(object);
    // Where there is no thread, or a lost one, nothing is read either.
    await this.#thread?.call('close', object).catch(() => undefined);
  }

  /** Ends the thread; what it has not made is rejected with `ABORTED`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#thread?.close();
  }

  async #make(request: MakeRequest): Promise<number | undefined> {
    for (let attempt = 1; ; attempt++) {
      const thread = this.#runningThread();
      try {
        return await thread.call('make', request);
      } catch (error) {
        // A thread that was told to end may still be writing.
        if (thread.isEnded) await thread.close();
        const isLost = error instanceof LayercastError && error.code === 'THREAD_LOST';
        if (!isLost || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  #runningThread(): Thread<CodingWorker> {
    // A reader that waited for something else meanwhile must not start the thread again.
    if (this.#isClosed) throw new LayercastError('ABORTED', 'the coding thread was ended');
    if (this.#thread === undefined || this.#thread.isEnded) {
      this.#thread = new Thread<CodingWorker>(
        new URL('./coding-worker.js', import.meta.url),
        'coding',
        this.#heldBytes,
      );
      for (const [object, file] of this.#objects) tell(this.#thread, object, file);
    }
    return this.#thread;
  }
}

/** A thread that is lost before it knows the object is told again by the next request. */
function tell(thread: Thread<CodingWorker>, object: number, files: OpenObject): void {
  thread.call('open', { ...files, object }).catch(() => undefined);
}
