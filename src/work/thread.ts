import type { Worker } from 'node:worker_threads';
import { LayercastError } from '../base/errors.js';
import type { Args, CallName, DataOf, ReplyMessage, Result, WorkerFile } from './calls.js';
import { type PackedValue, type Reviver, Unpacker } from './packed-values.js';
import { startWorker } from './start-worker.js';
import { type ThreadEnd, threadLost } from './thread-lost.js';
import { keepLimitDuringStart } from './young-objects.js';

export interface CallOptions {
  /** Memory of the arguments that goes to the worker and is not copied; the caller cannot use it any more. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Ends the waiting: the call rejects with the signal's reason. The worker finishes the call all the same. */
  readonly signal?: AbortSignal;
}

/** What an owner may say about a thread beside its name. */
export interface ThreadOptions {
  /** What the thread does, for messages: "the … thread ran out of memory". */
  readonly name: string;
  /** Takes what the worker tells of its own accord (`Owner.tell`), in the order in which it was told. */
  readonly onTold?: ((message: unknown) => void) | undefined;
  /**
   * Most memory for objects that have just been made; V8 takes up to 48 MB otherwise. Longer-lived objects have memory of their
   * own. @default 4
   */
  readonly youngMegabytes?: number | undefined;
  /** Makes the right classes of errors. @default all are `LayercastError` */
  readonly revive?: Reviver | undefined;
}

/**
 * Measured on a fetch of 1 GB at 200 Mbit/s, one run each: the process peaked at 83 MB with V8's own choice, 79 MB with 4 and 78 MB
 * with 2, for the same time of the processor.
 */
const YOUNG_MEGABYTES = 4;

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  /** Leaves the signal of the caller alone. */
  readonly forget: () => void;
}

/**
 * A worker thread, and calls to it with the types of its worker file (`serveCalls`). It lives until `close`, or until it fails;
 * then `isEnded` is true for good, and an owner that needs another thread starts one. A thread without a call under way
 * does not keep the process alive.
 *
 * @example
 * const thread = new Thread<HashingWorker>(new URL('./hashing-worker.js', import.meta.url), 'hashing');
 * const digest = await thread.call('hash', bytes);
 */
export class Thread<W extends WorkerFile> {
  readonly #name: string;
  readonly #unpacker: Unpacker;
  readonly #worker: Worker | undefined;
  /** Calls under way. Each holds memory of its caller, who therefore decides how many there may be. */
  readonly #pending = new Map<number, Pending>();
  #ticketCount = 0;
  #end: LayercastError | undefined;

  /**
   * Does not throw: if the thread cannot be started, all calls say why.
   *
   * @param file the worker file, beside that of the caller, with the ending `.js`
   * @param options all that there is to say, or only the name
   * @param data what the worker file makes its calls from; copied
   */
  constructor(file: URL, options: ThreadOptions | string, ...[data]: DataOf<W>) {
    const whole: ThreadOptions = typeof options === 'string' ? { name: options } : options;
    const { name, onTold, revive, youngMegabytes = YOUNG_MEGABYTES } = whole;
    this.#name = name;
    this.#unpacker = new Unpacker(revive);
    try {
      this.#worker = startWorker(file, {
        workerData: data,
        resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
      });
      this.#worker.unref();
      keepLimitDuringStart(this.#worker);
      this.#listenTo(this.#worker, onTold);
    } catch (error) {
      this.#endWith(threadLost(name, { error }));
    }
  }

  /** Whether the thread was closed or lost: it answers no more calls. */
  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Calls a function of the worker file.
   *
   * @throws {LayercastError} what the function throws; `THREAD_LOST` when the thread has failed before the answer came;
   * `ABORTED` after `close`; `INTERNAL` for arguments that cannot be sent. Also the reason of the signal.
   */
  call<K extends CallName<W>>(call: K, args: Args<W, K>, options: CallOptions = {}): Promise<Result<W, K>> {
    const { transfer = [], signal } = options;
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const ticket = this.#ticketCount++;
      const giveUp = () => this.#settle(ticket)?.reject(signal?.reason);
      signal?.addEventListener('abort', giveUp);
      this.#add(ticket, { resolve, reject, forget: () => signal?.removeEventListener('abort', giveUp) });
      try {
        this.#worker?.postMessage({ ticket, call, args }, transfer);
      } catch (cause) {
        const said = cause instanceof Error ? cause.message : String(cause);
        const message = `the arguments of "${call}" cannot be sent to the ${this.#name} thread: ${said}`;
        this.#settle(ticket)?.reject(new LayercastError('INTERNAL', message, { cause }));
      }
    });
  }

  /**
   * Makes a call whose answer nobody waits for. It must not fail: what it throws ends the thread. A thread that has ended
   * ignores it.
   */
  send<K extends CallName<W>>(call: K, args: Args<W, K>): void {
    if (this.#end === undefined) this.#worker?.postMessage({ call, args });
  }

  /** The reason for which this thread asks the worker to stop: where it comes back in an error, it is this very value. */
  giveReason(reason: unknown): void {
    this.#unpacker.giveReason(reason);
  }

  /** The value of what the worker packed with `Owner.packer`. */
  unpack(packed: PackedValue): unknown {
    return this.#unpacker.unpack(packed);
  }

  /** Ends the thread; calls under way reject with `ABORTED`. Resolves when the thread does nothing any more. */
  async close(): Promise<void> {
    this.#endWith(new LayercastError('ABORTED', `the ${this.#name} thread was ended`));
    await this.#worker?.terminate();
  }

  #listenTo(worker: Worker, onTold: (message: unknown) => void = () => undefined): void {
    let failure: ThreadEnd | undefined;
    worker.on('message', (reply: ReplyMessage) => {
      if ('told' in reply) {
        // What a closed thread told last comes too late for its owner.
        if (this.#end === undefined) onTold(reply.told);
        return;
      }
      // A call whose signal was aborted is no longer pending.
      const pending = this.#settle(reply.ticket);
      if ('failure' in reply) pending?.reject(this.#unpacker.unpack(reply.failure));
      else pending?.resolve(reply.result as never);
    });
    worker.on('messageerror', (error) => {
      // It is not known which call the unreadable message answers.
      failure = { error };
      void worker.terminate();
    });
    worker.on('error', (error) => {
      failure = { error };
    });
    // Only now does the thread do nothing any more: files and shared memory that it used are free.
    worker.on('exit', (exitCode) => this.#endWith(threadLost(this.#name, failure ?? { exitCode })));
  }

  #add(ticket: number, pending: Pending): void {
    if (this.#pending.size === 0) this.#worker?.ref();
    this.#pending.set(ticket, pending);
  }

  #settle(ticket: number): Pending | undefined {
    const pending = this.#pending.get(ticket);
    this.#pending.delete(ticket);
    pending?.forget();
    if (this.#pending.size === 0) this.#worker?.unref();
    return pending;
  }

  #endWith(error: LayercastError): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    for (const ticket of [...this.#pending.keys()]) this.#settle(ticket)?.reject(error);
  }
}
