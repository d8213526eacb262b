import { LayercastError } from '../../../dist/base/errors.js';
import type { CheckingDisk, PartialObject } from './checking-disk.js';

/** As many bytes as the real write queue holds. */
const DEFAULT_QUEUE_BYTES = 16 * 2 ** 20;

/** What waits to be written to a simulated disk, kept as the time at which the last of it will have been. */
export class WriteQueue {
  readonly #partial: PartialObject;
  readonly #disk: CheckingDisk;
  #emptyUs = 0;
  #isFull = false;

  constructor(partial: PartialObject, disk: CheckingDisk) {
    this.#partial = partial;
    this.#disk = disk;
  }

  /** What a flush takes from now on. */
  get flushUs(): number {
    const { clock, flushUs = 0 } = this.#disk.options;
    return Math.max(0, this.#emptyUs - clock.nowUs) + flushUs;
  }

  /** Takes a place's bytes, unless the queue is full, or the disk, which the next flush then tells. */
  take(place: number, length: number): boolean {
    const { clock, bytesPerSecond, queueBytes = DEFAULT_QUEUE_BYTES } = this.#disk.options;
    if (!this.#fits(place)) {
      this.#isFull = true;
      return false;
    }
    if (bytesPerSecond === undefined) return true;
    const waitUs = Math.max(0, this.#emptyUs - clock.nowUs);
    if ((waitUs * bytesPerSecond) / 1e6 + length > queueBytes) {
      this.#disk.refusedCount++;
      return false;
    }
    this.#emptyUs = clock.nowUs + waitUs + (length * 1e6) / bytesPerSecond;
    return true;
  }

  /** @throws {LayercastError} `DISK_FULL` for what `take` refused for that reason since it was asked last. */
  requireTaken(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    throw diskFull();
  }

  /** @throws {LayercastError} `DISK_FULL` when there is no room for this place. */
  requireRoom(place: number): void {
    if (!this.#fits(place)) throw diskFull();
  }

  #fits(place: number): boolean {
    const { capacityBytes } = this.#disk.options;
    const { storage, geometry } = this.#partial;
    if (capacityBytes === undefined || storage.has(place)) return true;
    return (storage.count + 1) * geometry.symbolBytes <= capacityBytes;
  }
}

function diskFull(): LayercastError {
  return new LayercastError('DISK_FULL', 'the simulated disk is full');
}
