import { type ErrorCode, LayercastError } from '../base/errors.js';
import type { Clock } from '../base/ports.js';

/** Faults that may pass by themselves: of a disk, the network, a thread, a file that somebody wrote to. */
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
/** Faults of a file that is missing, something else or not readable for a while: because of a backup, a mount, a mistake. */
const FILE_AWAY: ReadonlySet<ErrorCode> = new Set(['FILE_NOT_FOUND', 'NOT_A_FILE', 'PERMISSION_DENIED']);
/** Most passing faults are over within a second. */
const FIRST_PAUSE_US = 1e6;
/** An object is back within a minute after its fault has passed. While the fault stays, its file is checked once a minute. */
const LONGEST_PAUSE_US = 60e6;

/** Whether an object that failed for this reason is tried again without a reload. */
function isPassing(error: unknown): boolean {
  return !(error instanceof LayercastError) || PASSING.has(error.code);
}

/** Whether a file that was sent before may come back without a reload: its user may know nothing of the server. */
export function isFileAway(error: unknown): boolean {
  return error instanceof LayercastError && FILE_AWAY.has(error.code);
}

/** The error with a hint that fits a server: a file that has changed is hashed again, and sent if its bytes are the same. */
export function hinted(error: unknown): unknown {
  if (!(error instanceof LayercastError) || error.code !== 'OBJECT_CHANGED') return error;
  return new LayercastError(error.code, error.message, {
    hint: 'It is hashed again, and sent again if its bytes are the same; publish other bytes under a higher version',
    cause: error,
  });
}

/** The next attempt of an object that has failed, if one is planned. */
export class Retry {
  readonly #clock: Clock;
  readonly #attempt: () => void;
  readonly #pauses = new RetryPauses();
  #cancel: (() => void) | undefined;
  #isForFile = false;

  /** @param attempt called when the pause is over */
  constructor(clock: Clock, attempt: () => void) {
    this.#clock = clock;
    this.#attempt = attempt;
  }

  get isPlanned(): boolean {
    return this.#cancel !== undefined;
  }

  /** Whether the planned attempt waits for a file that is missing or not readable. */
  get isForFile(): boolean {
    return this.#isForFile;
  }

  /**
   * Plans an attempt instead of the one planned before.
   *
   * @param isForFile whether the fault is that of a file that may come back
   * @returns the pause in milliseconds; undefined if the fault does not pass by itself, and nothing is planned
   */
  plan(error: unknown, isForFile: boolean): number | undefined {
    this.cancel();
    this.#isForFile = isForFile;
    if (!isPassing(error) && !isForFile) return undefined;
    const nowUs = this.#clock.nowUs();
    const pauseUs = this.#pauses.fail(error, nowUs);
    this.#cancel = this.#clock.schedule(nowUs + pauseUs, () => {
      this.#cancel = undefined;
      this.#attempt();
    });
    return pauseUs / 1000;
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The object has gone on the air. */
  succeed(): void {
    this.#pauses.succeed(this.#clock.nowUs());
  }

  /** The fleet file was read again: pauses begin again with the shortest. */
  reset(): void {
    this.cancel();
    this.#pauses.reset();
  }
}

/** The pauses of an object that fails again and again: 1 s, 2 s, 4 s, … up to a minute. */
class RetryPauses {
  #failureCount = 0;
  #sentFromUs: number | undefined;

  /** The object has gone on the air. */
  succeed(nowUs: number): void {
    this.#sentFromUs = nowUs;
  }

  /** The pause after one more failure, in microseconds. When a file has changed, the first pause is 0. */
  fail(error: unknown, nowUs: number): number {
    // Pauses begin again at 1 s only after a minute on the air, so that an object that comes and goes is not tried each second.
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
