import type { Worker } from 'node:worker_threads';
import { LayercastError } from '../base/errors.js';
import { startWorker } from '../work/start-worker.js';
import type { PartialBlock } from './decoder.js';
import type { Answer, Job } from './jobs.js';

export interface PoolOptions {
  /** Threads, started when first needed; each works on one block at a time. */
  readonly workerCount: number;
}

/** Blocks that may wait for a worker: more than any block size needs to keep the workers busy, and a bound on memory. */
const MAX_WAITING = 256;

interface Task {
  readonly job: Job;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Encodes and decodes blocks in worker threads, several at once.
 *
 * Blocks in a `SharedArrayBuffer` are worked on where they are. Others are copied to the worker and the result back,
 * which takes the calling thread about 0.2 ms a megabyte. Leave the memory alone until the promise is settled.
 */
export class CodingPool {
  readonly workerCount: number;
  private readonly idle: Worker[] = [];
  private readonly running = new Map<Worker, Task>();
  private readonly waiting: Task[] = [];
  private isClosed = false;

  /**
   * @throws {LayercastError} `FEC_INVALID` unless `workerCount` is a whole number from 1 up
   */
  constructor(options: PoolOptions) {
    const { workerCount } = options;
    if (!Number.isSafeInteger(workerCount) || workerCount < 1) {
      throw new LayercastError('FEC_INVALID', `a pool cannot have ${workerCount} workers`, { hint: 'give 1 or more' });
    }
    this.workerCount = workerCount;
  }

  /**
   * As `BlockEncoder.fromSource`.
   *
   * @returns the intermediate symbols, for `BlockEncoder.fromIntermediate`
   * @throws {LayercastError} as that, or `ABORTED` when the pool was closed first
   */
  async encode(source: Uint8Array, symbolBytes: number): Promise<Uint8Array> {
    const answer = await this.ask({ kind: 'encode', source: sendable(source), symbolBytes });
    if (answer.kind !== 'encoded') throw errorOf(answer);
    return answer.intermediate;
  }

  /**
   * Starts threads and has them make what blocks of `sourceCount` symbols need, once and for all: the first such block then
   * takes no longer than the next.
   *
   * @param threadCount how many of the threads; those that are ready are used first
   * @throws {LayercastError} `FEC_INVALID` for no such block, or `ABORTED` when the pool was closed first
   */
  async prepare(sourceCount: number, threadCount: number): Promise<void> {
    const jobs = Array.from({ length: Math.min(threadCount, this.workerCount) }, () =>
      this.ask({ kind: 'prepare', sourceCount }),
    );
    for (const answer of await Promise.all(jobs)) if (answer.kind !== 'prepared') throw errorOf(answer);
  }

  /**
   * As `restoreBlock`: restores `partial.block` in place.
   *
   * @throws {LayercastError} as that, or `ABORTED` when the pool was closed first
   */
  async restore(partial: PartialBlock, symbolBytes: number): Promise<boolean> {
    const { slots } = partial;
    const [block, spare] = [sendable(partial.block), sendable(partial.spare)];
    const answer = await this.ask({ kind: 'restore', block, spare, slots, symbolBytes });
    if (answer.kind !== 'restored') throw errorOf(answer);
    if (answer.complete && answer.block.buffer instanceof ArrayBuffer) partial.block.set(answer.block);
    return answer.complete;
  }

  /**
   * As `solveBlock`, and hashes the block in the same thread: 25 MB take some 20 ms.
   *
   * @param lengthBytes how much of the block is hashed: the object's last symbol may be short
   * @returns the SHA-256 of the block, or undefined when its symbols do not determine it
   * @throws {LayercastError} as that, or `ABORTED` when the pool was closed first
   */
  async solve(partial: PartialBlock, symbolBytes: number, lengthBytes: number): Promise<Uint8Array | undefined> {
    const { slots } = partial;
    const [block, spare] = [sendable(partial.block), sendable(partial.spare)];
    const answer = await this.ask({ kind: 'solve', block, spare, slots, symbolBytes, lengthBytes });
    if (answer.kind !== 'solved') throw errorOf(answer);
    if (answer.digest !== undefined && answer.block.buffer instanceof ArrayBuffer) partial.block.set(answer.block);
    return answer.digest;
  }

  /** Stops the workers; blocks that are not done are rejected with `ABORTED`. */
  async close(): Promise<void> {
    this.isClosed = true;
    const tasks = [...this.running.values(), ...this.waiting.splice(0)];
    const workers = [...this.running.keys(), ...this.idle.splice(0)];
    this.running.clear();
    for (const task of tasks) task.reject(closed());
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  private ask(job: Job): Promise<Answer> {
    if (this.isClosed) return Promise.reject(closed());
    if (this.waiting.length >= MAX_WAITING) {
      const hint = 'wait for earlier blocks first';
      return Promise.reject(new LayercastError('INTERNAL', `${MAX_WAITING} blocks are waiting already`, { hint }));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, resolve, reject });
      this.startNext();
    });
  }

  private startNext(): void {
    if (this.waiting.length === 0) return;
    const worker = this.idle.pop() ?? (this.running.size < this.workerCount ? this.newWorker() : undefined);
    if (worker === undefined) return;
    const task = this.waiting.shift()!;
    this.running.set(worker, task);
    // An idle pool does not keep the process alive.
    worker.ref();
    worker.postMessage(task.job, transferable(task.job));
  }

  private newWorker(): Worker {
    const worker = startWorker(new URL('./pool-worker.js', import.meta.url));
    worker.on('message', (answer: Answer) => {
      const task = this.running.get(worker);
      this.running.delete(worker);
      this.idle.push(worker);
      worker.unref();
      this.startNext();
      task?.resolve(answer);
    });
    worker.on('error', (cause) => {
      const task = this.running.get(worker);
      this.running.delete(worker);
      task?.reject(new LayercastError('INTERNAL', `a coding thread failed: ${cause.message}`, { cause }));
      this.startNext();
    });
    return worker;
  }
}

/** Memory that can go to another thread without taking anything else along. */
function sendable(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
}

function transferable(job: Job): ArrayBuffer[] {
  const memory =
    job.kind === 'encode' ? [job.source] : job.kind === 'restore' || job.kind === 'solve' ? [job.block, job.spare] : [];
  return memory.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}

function errorOf(answer: Answer): LayercastError {
  if (answer.kind !== 'failed') return new LayercastError('INTERNAL', `a coding thread answered "${answer.kind}"`);
  return new LayercastError(answer.code, answer.message, answer.hint === undefined ? {} : { hint: answer.hint });
}

function closed(): LayercastError {
  return new LayercastError('ABORTED', 'the coding pool was closed');
}
