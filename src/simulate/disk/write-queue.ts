import type { VirtualClock } from '../clock/virtual-clock.js';

/** Size of the queue: the real write queue holds as many bytes. */
const QUEUE_BYTES = 16 * 2 ** 20;

/** The write queue of a simulated disk. Its state is the time at which its last byte will have been written. */
export class WriteQueue {
  readonly #clock: VirtualClock;
  readonly #bytesPerSecond: number | undefined;
  #emptyUs = 0;

  /** @param bytesPerSecond how fast bytes leave the queue; undefined for at once */
  constructor(clock: VirtualClock, bytesPerSecond: number | undefined) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** How long it takes until the queue is empty, if nothing more comes. */
  get waitUs(): number {
    return Math.max(0, this.#emptyUs - this.#clock.nowUs);
  }

  /** Adds `length` bytes. Returns false, and adds none, if there is not enough room. */
  take(length: number): boolean {
    if (this.#bytesPerSecond === undefined) return true;
    const { waitUs } = this;
    if ((waitUs * this.#bytesPerSecond) / 1e6 + length > QUEUE_BYTES) return false;
    this.#emptyUs = this.#clock.nowUs + waitUs + (length * 1e6) / this.#bytesPerSecond;
    return true;
  }

  /** Resolves when all bytes that were added before the call have been written. */
  async drain(): Promise<void> {
    const { waitUs } = this;
    if (waitUs > 0) await new Promise<void>((resolve) => this.#clock.at(this.#clock.nowUs + waitUs, resolve));
  }
}
