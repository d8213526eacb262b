import type { Worker } from 'node:worker_threads';
import { LayercastError } from '../../base/errors.js';
import type { Geometry } from '../../object/geometry.js';
import type { SymbolRun } from '../../sender/slab.js';
import { startWorker } from '../../work/start-worker.js';
import { DamagedBlock } from './stored-blocks.js';

type Run = Pick<SymbolRun, 'block' | 'firstEsi' | 'count'>;
type Bytes = Uint8Array<ArrayBuffer>;

/** What the thread is asked for, in order. Memory goes there empty and comes back with the symbols of all runs, back to back. */
export type CodingRequest =
  | { readonly kind: 'open'; readonly object: number; readonly fd: number; readonly geometry: Geometry }
  | {
      readonly kind: 'make';
      readonly ticket: number;
      readonly object: number;
      readonly runs: readonly Run[];
      readonly bytes: Bytes;
      readonly symbolBytes: number;
    }
  | { readonly kind: 'close'; readonly ticket: number; readonly object: number };

export type CodingReply =
  | { readonly kind: 'made'; readonly ticket: number; readonly bytes: Bytes }
  | { readonly kind: 'damaged'; readonly ticket: number; readonly bytes: Bytes; readonly block: number }
  | { readonly kind: 'failed'; readonly ticket: number; readonly bytes: Bytes; readonly message: string }
  | { readonly kind: 'closed'; readonly ticket: number };

/** Memory kept for the next request. Each channel has one under way, so that there are never more than channels. */
const MAX_SPARE_BUFFERS = 32;

/**
 * Intermediate symbols held in memory: six blocks of 10 MB. Objects beyond are read row by row, which makes 70,000 to 90,000
 * symbols a second instead of 420,000 to 600,000 (bench/encode.ts): still 0.7 Gbit/s.
 */
const HELD_BYTES = 64 * 2 ** 20;

/** A thread that dies over the same request twice would die over it again. */
const MAX_STARTS = 2;

interface Task {
  /** Says again what is wanted, to a thread that knows the open objects. */
  readonly post: () => void;
  /** How many threads were asked for it. */
  startCount: number;
  /** Takes the symbols before their memory is used again. */
  readonly take: (bytes: Bytes) => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Makes symbols of all coded objects of a sender in one thread of its own, started when first needed, so that the main thread is
 * never late for a datagram. When the thread dies, another one takes over all open objects and what was asked for.
 */
export class CodingThread {
  readonly #tasks = new Map<number, Task>();
  /** What a new thread has to be told first. */
  readonly #objects = new Map<number, { readonly fd: number; readonly geometry: Geometry }>();
  readonly #spare: Bytes[] = [];
  readonly #heldBytes: number;
  #worker: Worker | undefined;
  #objectCount = 0;
  #ticketCount = 0;
  #isClosed = false;

  /** @param heldBytes how much of all files together may be held in memory */
  constructor(heldBytes: number = HELD_BYTES) {
    this.#heldBytes = heldBytes;
  }

  /**
   * @param fd an open file of intermediate symbols; stays open until `release` has resolved
   * @returns the number that the object has from now on
   */
  open(fd: number, geometry: Geometry): number {
    const object = this.#objectCount++;
    this.#objects.set(object, { fd, geometry });
    // A thread that starts later is told then.
    this.#worker?.postMessage({ kind: 'open', object, fd, geometry } satisfies CodingRequest);
    return object;
  }

  /**
   * Makes runs of symbols and puts them into `into`, that of slot i at i · `symbolBytes`.
   *
   * @throws {DamagedBlock}
   * @throws {LayercastError} `FILE_IO` when the file cannot be read; `ABORTED` after `close`; `INTERNAL`
   */
  make(object: number, symbolBytes: number, runs: readonly Readonly<SymbolRun>[], into: Uint8Array): Promise<void> {
    const ticket = this.#ticketCount++;
    const take = (bytes: Bytes) => {
      let at = 0;
      for (const { firstSlot, count } of runs) {
        into.set(bytes.subarray(at, at + count * symbolBytes), firstSlot * symbolBytes);
        at += count * symbolBytes;
      }
    };
    return this.#ask(ticket, take, () => {
      const bytes = this.#memory(runs.reduce((sum, { count }) => sum + count, 0) * symbolBytes);
      this.#post({ kind: 'make', ticket, object, runs, bytes, symbolBytes }, bytes.buffer);
    });
  }

  /** Forgets an object; resolves when its file is not read any more. */
  async release(object: number): Promise<void> {
    this.#objects.delete(object);
    // Where there is no thread, nothing is read either.
    if (this.#worker === undefined) return;
    const ticket = this.#ticketCount++;
    await this.#ask(
      ticket,
      () => undefined,
      () => this.#post({ kind: 'close', ticket, object }),
    ).catch(() => undefined);
  }

  /** Ends the thread; what it has not made is rejected with `ABORTED`. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#isClosed = true;
    this.#worker = undefined;
    this.#rejectAll(ended());
    await worker?.terminate();
  }

  #ask(ticket: number, take: (bytes: Bytes) => void, post: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#tasks.set(ticket, { post, startCount: 1, take, resolve, reject });
      try {
        post();
      } catch (error) {
        this.#tasks.delete(ticket);
        reject(failedThread(error));
      }
    });
  }

  #post(request: CodingRequest, memory?: ArrayBuffer): void {
    // A reader that waited for something else meanwhile must not start it again.
    if (this.#isClosed) {
      this.#rejectAll(ended());
      return;
    }
    this.#worker ??= this.#start();
    this.#worker.postMessage(request, memory === undefined ? [] : [memory]);
  }

  #start(): Worker {
    const worker = startWorker(new URL('./coding-worker.js', import.meta.url), { workerData: this.#heldBytes });
    let cause: unknown = new Error('it ended');
    worker.on('message', (reply: CodingReply) => this.#settle(reply));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#startAgain(cause);
    });
    for (const [object, opened] of this.#objects) {
      worker.postMessage({ kind: 'open', object, ...opened } satisfies CodingRequest);
    }
    return worker;
  }

  /** The thread has died: what it owed is asked for once more, of another one. */
  #startAgain(cause: unknown): void {
    this.#worker = undefined;
    for (const [ticket, task] of [...this.#tasks]) {
      try {
        if (task.startCount++ >= MAX_STARTS) throw cause;
        task.post();
      } catch (error) {
        this.#tasks.delete(ticket);
        task.reject(failedThread(error));
      }
    }
  }

  #settle(reply: CodingReply): void {
    const task = this.#tasks.get(reply.ticket);
    this.#tasks.delete(reply.ticket);
    if (reply.kind === 'made') task?.take(reply.bytes);
    if (reply.kind !== 'closed' && this.#spare.length < MAX_SPARE_BUFFERS) this.#spare.push(reply.bytes);
    if (reply.kind === 'made' || reply.kind === 'closed') task?.resolve();
    else if (reply.kind === 'damaged') task?.reject(new DamagedBlock(reply.block));
    else task?.reject(new LayercastError('FILE_IO', `cannot read intermediate symbols: ${reply.message}`));
  }

  #rejectAll(error: LayercastError): void {
    for (const task of this.#tasks.values()) task.reject(error);
    this.#tasks.clear();
  }

  /** The smallest spare memory that is large enough, or new. */
  #memory(sizeBytes: number): Bytes {
    let best = -1;
    for (let i = 0; i < this.#spare.length; i++) {
      const { length } = this.#spare[i]!;
      if (length >= sizeBytes && (best < 0 || length < this.#spare[best]!.length)) best = i;
    }
    return best < 0 ? new Uint8Array(sizeBytes) : this.#spare.splice(best, 1)[0]!;
  }
}

function ended(): LayercastError {
  return new LayercastError('ABORTED', 'the coding thread was ended');
}

function failedThread(cause: unknown): LayercastError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new LayercastError('INTERNAL', `the coding thread failed: ${said}`, { cause });
}
