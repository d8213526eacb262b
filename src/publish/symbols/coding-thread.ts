import { LayercastError } from '../../base/errors.js';
import type { SharedBytes } from '../../sender/slab.js';
import type { SymbolRuns } from '../../sender/symbol-runs.js';
import { Thread } from '../../work/thread.js';
import type { OpenObject } from './coded-object.js';
import type { CodingWorker, MakeRequest, OpenSpool, SpoolFault } from './coding-worker.js';
import { IntermediateLayout } from './intermediate-layout.js';
import { DamagedBlock, heldBytesOf } from './stored-blocks.js';

/**
 * Intermediate symbols held in memory: an object of one block, or the permanent symbols of 90 larger blocks, or none while there are
 * spools, because these are made from a block in memory. The server may take 110 MB in all, and without these symbols it takes
 * some 80.
 */
const HELD_BYTES = 24 * 2 ** 20;

/**
 * Most memories of an object that the thread keeps: two for each channel. Each megabyte that comes with a request, though it is shared,
 * counts as the thread's own until its garbage is collected, and so causes collections and growth.
 */
const MAX_MEMORIES = 256;

/** As `ThreadOptions.youngMegabytes`. The thread makes only small, short-lived objects: with 2 instead of 4 it takes 3 MB less and no more time. */
const YOUNG_MEGABYTES = 2;

/** Most threads that are tried for one request: a request that ended two threads would end a third one too. */
const MAX_ATTEMPTS = 2;

/**
 * Makes symbols of all coded objects of a sender in one thread, started when first needed, so that the main thread is
 * never late for a datagram. If the thread is lost, another one takes over all open objects and the requests under way.
 */
export class CodingThread {
  /** Open objects of the sender; a new thread has to be told these first. */
  readonly #objects = new Map<number, KnownObject>();
  readonly #heldBytes: number;
  #thread: Thread<CodingWorker> | undefined;
  #objectCount = 0;
  #isClosed = false;

  /** @param heldBytes how much of all files together may be held in memory */
  constructor(heldBytes: number = HELD_BYTES) {
    this.#heldBytes = heldBytes;
  }

  /**
   * @param files stay open until `release` has resolved
   * @param wantsSpools whether spools will be opened for the object. It is held in memory then only if all of it fits there.
   * @returns the number that the object has from now on
   */
  open(files: ObjectFiles, wantsSpools = false): number {
    const object = this.#objectCount++;
    this.#tellOpen(object, {
      files,
      heldBytes: this.#allowedBytes(files, wantsSpools),
      spools: [],
      memories: new Map(),
    });
    return object;
  }

  /** Whether all rows of an object are held in memory. */
  isHeld(object: number): boolean {
    const { files, heldBytes } = this.#objects.get(object)!;
    return heldBytes === new IntermediateLayout(files.geometry).fileBytes;
  }

  /**
   * Gives an object another spool.
   *
   * @param spool its file stays open until `endSpool` or `release` has resolved
   * @param onFault called when a fault has ended the spool; the thread does not use the file any more
   * @returns the number of the spool among those of the object
   */
  openSpool(object: number, spool: OpenSpool, onFault: () => void): number {
    const { spools } = this.#objects.get(object)!;
    const index = spools.push({ ...spool, onFault, isEnded: false }) - 1;
    this.#thread?.send('openSpool', { ...spool, object });
    return index;
  }

  /**
   * Says with which repair symbols the channels of an object's spools will begin. The spools are made from there on.
   *
   * @returns how much of what the channels need first is made, from 0 to 1
   * @throws {LayercastError} `THREAD_LOST`, `ABORTED`
   */
  async aim(object: number, nextEsis: readonly number[], signal: AbortSignal): Promise<number> {
    return await this.#runningThread().call('aim', { object, nextEsis }, { signal });
  }

  /** Ends a spool; resolves when its file is not used any more. When it was the last one, its object may hold some rows. */
  async endSpool(object: number, spool: number): Promise<void> {
    const known = this.#objects.get(object);
    const ended = known?.spools[spool];
    if (known === undefined || ended === undefined || ended.isEnded) return;
    ended.isEnded = true;
    const end = this.#thread?.call('endSpool', { object, spool }).catch(() => undefined);
    if (known.spools.every(({ isEnded }) => isEnded)) this.holdRows(object);
    await end;
  }

  /** Holds as many rows of an object as may be held, because it has no spool. */
  holdRows(object: number): void {
    const known = this.#objects.get(object);
    if (known === undefined) return;
    this.#objects.delete(object);
    this.#tellOpen(object, { ...known, heldBytes: this.#allowedBytes(known.files, false) });
  }

  /**
   * Makes runs of symbols. The thread writes them to `into` itself; when this has settled, it writes there no more.
   *
   * @param into memory that the thread shares
   * @param strideBytes from symbol to symbol of a run
   * @throws {DamagedBlock}
   * @throws {LayercastError} `FILE_IO` when the file cannot be read; `ABORTED` after `close`; `THREAD_LOST`
   */
  async make(object: number, runs: SymbolRuns, into: SharedBytes, strideBytes: number): Promise<void> {
    const damagedBlock = await this.#make(object, { runs: runs.words(), strideBytes }, into);
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

  async #make(
    object: number,
    request: Pick<MakeRequest, 'runs' | 'strideBytes'>,
    into: SharedBytes,
  ): Promise<number | undefined> {
    for (let attempt = 1; ; attempt++) {
      const thread = this.#runningThread();
      try {
        return await thread.call('make', { object, ...request, into: this.#share(thread, object, into) });
      } catch (error) {
        // A thread that was told to end may still be writing.
        if (thread.isEnded) await thread.close();
        const isLost = error instanceof LayercastError && error.code === 'THREAD_LOST';
        if (!isLost || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** @returns the number of memory that the thread knows; the memory itself if it is not worth a number */
  #share(thread: Thread<CodingWorker>, object: number, into: SharedBytes): number | SharedBytes {
    const memories = this.#objects.get(object)?.memories;
    const isWhole = into.length === into.buffer.byteLength;
    if (memories === undefined || !isWhole) return into;
    const known = memories.get(into.buffer);
    if (known !== undefined) return known;
    if (memories.size === MAX_MEMORIES) return into;
    thread.send('share', { object, memory: into });
    memories.set(into.buffer, memories.size);
    return memories.size - 1;
  }

  #runningThread(): Thread<CodingWorker> {
    // A reader that waited for something else meanwhile must not start the thread again.
    if (this.#isClosed) throw new LayercastError('ABORTED', 'the coding thread was ended');
    if (this.#thread === undefined || this.#thread.isEnded) {
      this.#thread = new Thread<CodingWorker>(
        new URL('./coding-worker.js', import.meta.url),
        { name: 'coding', youngMegabytes: YOUNG_MEGABYTES, onTold: (fault) => this.#onFault(fault as SpoolFault) },
        undefined,
      );
      for (const [object, known] of this.#objects) {
        this.#tellOpen(object, known);
        known.memories.clear();
        // The numbers of spools count those that have ended, too.
        for (const [index, { fd, channel, nextEsi, isEnded }] of known.spools.entries()) {
          this.#thread.send('openSpool', { object, fd, channel, nextEsi });
          if (isEnded) this.#thread.send('endSpool', { object, spool: index });
        }
      }
    }
    return this.#thread;
  }

  #tellOpen(object: number, known: KnownObject): void {
    this.#objects.set(object, known);
    // A thread that starts later is told then.
    this.#thread?.send('open', { ...known.files, heldBytes: known.heldBytes, object });
  }

  #onFault({ object, spool }: SpoolFault): void {
    const known = this.#objects.get(object)?.spools[spool];
    if (known !== undefined && !known.isEnded) known.onFault();
  }

  #allowedBytes({ geometry }: ObjectFiles, wantsSpools: boolean): number {
    const others = [...this.#objects.values()];
    const heldBytes = others.reduce((sum, known) => sum + known.heldBytes, 0);
    const layout = new IntermediateLayout(geometry);
    const allowedBytes = heldBytesOf(layout, this.#heldBytes - heldBytes);
    if (allowedBytes === layout.fileBytes) return allowedBytes;
    const hasSpools = others.some(({ spools }) => spools.some(({ isEnded }) => !isEnded));
    return wantsSpools || hasSpools ? 0 : allowedBytes;
  }
}

/** The files of an object, as in `OpenObject`. */
export type ObjectFiles = Omit<OpenObject, 'heldBytes'>;

interface KnownObject {
  readonly files: ObjectFiles;
  readonly heldBytes: number;
  readonly spools: KnownSpool[];
  /** Numbers of the memories that the thread has for the object. */
  readonly memories: Map<SharedArrayBuffer, number>;
}

interface KnownSpool extends OpenSpool {
  readonly onFault: () => void;
  isEnded: boolean;
}
