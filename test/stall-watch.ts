import { Worker } from 'node:worker_threads';

/** No test keeps the main thread busy for a tenth of this time without a turn of its event loop. */
const LIMIT_MS = 180_000;
const LOOK_MS = 5000;

/**
 * Ends a process of the tests that hangs in a loop, and says where: Vitest waits for such a process for ever, because the limits of tests are timers
 * of the same thread. Once, such a process kept a run waiting for 75 minutes (docs/decisions.md).
 *
 * The file that `TEST_STALLS` names gets the same lines.
 *
 * @returns the thread that watches; it sends a message when it begins
 */
export function watchForStalls(limitMs = LIMIT_MS, lookMs = LOOK_MS): Worker {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  setInterval(() => Atomics.add(beats, 0, 1), lookMs / 2).unref();
  const thread = new Worker(new URL('./stalled-process.mjs', import.meta.url), {
    execArgv: [],
    workerData: { beats, limitMs, lookMs },
  });
  thread.unref();
  return thread;
}
