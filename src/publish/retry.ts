import { type ErrorCode, LayercastError } from '../base/errors.js';

/** What may pass by itself: a disk, the network, a thread, a file that somebody wrote to. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'FILE_IO',
  'DISK_FULL',
  'INTERNAL',
  'THREAD_LOST',
  'NETWORK_UNAVAILABLE',
  'UNKNOWN_INTERFACE',
  'UNKNOWN_HOST',
  'OBJECT_CHANGED',
]);
/** What a file has that was moved away, or is not readable, for a while: a backup, a mount, a slip. */
const FILE_AWAY: ReadonlySet<ErrorCode> = new Set(['FILE_NOT_FOUND', 'PERMISSION_DENIED']);
/** Most passing faults are over within a second. */
const FIRST_PAUSE_US = 1e6;
/** An object whose fault is over is back within a minute; one whose fault stays costs a look at its file each minute. */
const LONGEST_PAUSE_US = 60e6;

/** Whether an object that failed for this reason is tried again without a reload. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof LayercastError) || PASSING.has(error.code);
}

/** Whether a file that was there before may come back by itself, or because of somebody who knows nothing of the server. */
export function isFileAway(error: unknown): boolean {
  return error instanceof LayercastError && FILE_AWAY.has(error.code);
}

/** How long an object that fails again and again waits before it is tried again: 1 s, 2 s, 4 s, … to a minute. */
export class RetryPauses {
  #failureCount = 0;
  #sentFromUs: number | undefined;

  /** The object has gone on the air. */
  succeed(nowUs: number): void {
    this.#sentFromUs = nowUs;
  }

  /** The pause after one more failure. A file that has changed is looked at at once, the first time. */
  fail(error: unknown, nowUs: number): number {
    // An object that comes and goes does not begin with short pauses each time.
    const wasSteady = this.#sentFromUs !== undefined && nowUs - this.#sentFromUs >= LONGEST_PAUSE_US;
    this.#sentFromUs = undefined;
    if (wasSteady) this.#failureCount = 0;
    const failureCount = this.#failureCount++;
    const isChange = error instanceof LayercastError && error.code === 'OBJECT_CHANGED';
    if (isChange && failureCount === 0) return 0;
    return Math.min(LONGEST_PAUSE_US, FIRST_PAUSE_US * 2 ** failureCount);
  }

  reset(): void {
    this.#failureCount = 0;
  }
}
