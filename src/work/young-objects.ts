import { setFlagsFromString } from 'node:v8';
import type { Worker } from 'node:worker_threads';

let isLimited = false;

/**
 * Keeps the memory for objects that have just been made at its first 2 MB in this process, for good. V8 would take up to 48 MB in each
 * thread, and 96 with Node 24. Limits themselves can only be given to a thread when it starts (`Thread` does), so this is for the main
 * thread; but V8 asks for the factor by which that memory grows each time.
 */
export function limitYoungObjects(): void {
  isLimited = true;
  setFactor();
}

/**
 * Keeps the limit, if there is one, while a thread starts: when V8 makes the heap of a thread, it sets a factor below 2 to 2 for the whole
 * process (`Heap::ConfigureHeap`), at a moment that nobody is told. A coded fetch of 2 GB had 34 MB for young objects at its end for that.
 */
export function keepLimitDuringStart(worker: Worker): void {
  if (!isLimited) return;
  const timer = setInterval(setFactor, ASK_MS).unref();
  const end = () => clearInterval(timer);
  worker.once('online', end);
  worker.once('exit', end);
}

/** The factor counts only when V8 collects young objects, which takes some ms of work at least. */
const ASK_MS = 1;

function setFactor(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
