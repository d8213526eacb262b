import { LayercastError } from '../base/errors.js';
import type { Args, CallName, DataOf, Result, WorkerFile } from './calls.js';
import { type CallOptions, Thread } from './thread.js';

export interface PoolOptions {
  /** What the threads do, for messages: "the … thread ran out of memory". */
  readonly name: string;
  /** Threads, started when they are first needed; each answers one call at a time. */
  readonly threadCount: number;
  /** Calls that may wait for a thread: a bound on the memory of their arguments. */
  readonly maxWaiting: number;
}

interface Task<W extends WorkerFile> {
  /** Resolves, when the thread is free again, with what settles the promise of the caller. */
  readonly run: (thread: Thread<W>) => Promise<() => void>;
  readonly reject: (error: LayercastError) => void;
}

/**
 * Threads with the same worker file that share a queue of calls. A thread that fails is replaced when the next call needs it. An
 * idle pool does not keep the process alive.
 */
export class Pool<W extends WorkerFile> {
  readonly threadCount: number;
  readonly #options: PoolOptions;
  readonly #start: () => Thread<W>;
  /** Both together hold at most `threadCount` threads. */
  readonly #idle: Thread<W>[] = [];
  readonly #busy = new Set<Thread<W>>();
  /** Calls that wait for a thread; at most `maxWaiting`. */
  readonly #waiting: Task<W>[] = [];
  #isClosed = false;

  /**
   * @param file the worker file, beside that of the caller, with the ending `.js`
   * @param data what the worker file makes its calls from; copied for each thread
   */
  constructor(file: URL, options: PoolOptions, ...data: DataOf<W>) {
    this.threadCount = options.threadCount;
    this.#options = options;
    this.#start = () => new Thread<W>(file, options.name, ...data);
  }

  /**
   * Makes a call as `Thread.call` does, in the first thread that is free.
   *
   * @throws {LayercastError} as `Thread.call`; `ABORTED` after `close`; `INTERNAL` when too many calls are waiting
   */
  call<K extends CallName<W>>(
    call: K,
    args: Args<W, K>,
    options?: Pick<CallOptions, 'transfer'>,
  ): Promise<Result<W, K>> {
    return this.lend((thread) => thread.call(call, args, options));
  }

  /**
   * Lends the first thread that is free, for calls that belong together: nobody else has the thread before the promise of `use` is settled.
   *
   * @throws {LayercastError} what `use` throws; `ABORTED` after `close`; `INTERNAL` when too many calls are waiting
   */
  lend<T>(use: (thread: Thread<W>) => Promise<T>): Promise<T> {
    const { name, maxWaiting } = this.#options;
    if (this.#isClosed) return Promise.reject(closed(name));
    if (this.#waiting.length >= maxWaiting) {
      const message = `${maxWaiting} calls are waiting for the ${name} threads already`;
      return Promise.reject(new LayercastError('INTERNAL', message, { hint: 'wait for earlier calls first' }));
    }
    return new Promise((resolve, reject) => {
      const run = (thread: Thread<W>) =>
        use(thread).then(
          (result) => () => resolve(result),
          (error: unknown) => () => reject(error),
        );
      this.#waiting.push({ run, reject });
      this.#runNext();
    });
  }

  /** Ends all threads; calls that are waiting or under way reject with `ABORTED`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const task of this.#waiting.splice(0)) task.reject(closed(this.#options.name));
    await Promise.all([...this.#busy, ...this.#idle.splice(0)].map((thread) => thread.close()));
  }

  #runNext(): void {
    if (this.#waiting.length === 0) return;
    const thread = this.#freeThread();
    if (thread === undefined) return;
    const task = this.#waiting.shift()!;
    this.#busy.add(thread);
    void task.run(thread).then((settle) => {
      this.#busy.delete(thread);
      if (!thread.isEnded) this.#idle.push(thread);
      this.#runNext();
      // The caller may make its next call at once. The thread is idle by then, so that the call starts no further thread.
      settle();
    });
  }

  #freeThread(): Thread<W> | undefined {
    for (let thread = this.#idle.pop(); thread !== undefined; thread = this.#idle.pop()) {
      // A thread may fail while it has nothing to do.
      if (!thread.isEnded) return thread;
    }
    return this.#busy.size < this.threadCount ? this.#start() : undefined;
  }
}

function closed(name: string): LayercastError {
  return new LayercastError('ABORTED', `the ${name} threads were ended`);
}
