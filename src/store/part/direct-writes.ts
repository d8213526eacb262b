import { writeSync } from 'node:fs';
import { Promptness } from '../promptness.js';
import { writeWholly } from '../sync-io.js';

/**
 * Where memory takes it, a page of 296 KiB needs 0.1 ms; but on a busy host the thread may lose the processor for some ms meanwhile. Socket
 * buffers of 8 MB hold as much as arrives in 20 ms at 3 Gbit/s. A disk that is always slow stops the thread for a sixth of the time. On a busy
 * host most slow writes are threads that had no processor for 20 ms, and the other way, through threads of the pool, is the one that drops symbols
 * there.
 */
const LIMITS = { slowMs: 20, pauseFactor: 5 } as const;

/** Writes bytes in the calling thread; the promise of another way to write them is not needed then. */
export interface DirectWriter {
  /** Whether the disk is expected to take bytes at once. */
  readonly isReady: boolean;
  /** Writes all of `bytes` at byte `position` of the file. @throws the error of the system; a part may be written then */
  write(bytes: Uint8Array, position: number): void;
}

/**
 * Writes to a file in the calling thread, as long as the system takes the bytes into its memory at once. Handing a page to another
 * thread and being told of its end takes longer than such a write. If the system makes one write wait, because its memory for
 * writes is full or the disk stands still, the writer is not ready for five times as long.
 */
export class DirectWrites implements DirectWriter {
  readonly #fd: number;
  readonly #write: typeof writeSync;
  readonly #promptness: Promptness;

  /** @param write and `nowMs` are for tests */
  constructor(fd: number, write: typeof writeSync = writeSync, nowMs?: () => number) {
    this.#fd = fd;
    this.#write = write;
    this.#promptness = new Promptness(LIMITS, nowMs);
  }

  get isReady(): boolean {
    return this.#promptness.isExpected;
  }

  write(bytes: Uint8Array, position: number): void {
    const beganMs = this.#promptness.begin();
    writeWholly(this.#fd, bytes, position, this.#write);
    this.#promptness.end(beganMs);
  }
}
