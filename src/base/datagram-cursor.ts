import type { ReceivedBatch } from './ports.js';

const NO_BYTES = new Uint8Array(0);

/**
 * Walks the datagrams of a batch: `for (cursor.begin(batch); cursor.next(); )`. After each `next` the
 * fields describe one datagram. They are valid as long as the batch is.
 */
export class DatagramCursor {
  /** The datagram is `bytes[start .. start + length]`. */
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  length = 0;
  arrivalUs = 0;
  sourceId = 0;
  /** Whether `arrivalUs` is the datagram's own time. It is not for the second and further datagrams of a message. */
  hasOwnArrival = true;
  #batch: ReceivedBatch | undefined;
  /** Index of the next message. */
  #nextMessage = 0;
  #end = 0;
  #segmentBytes = 0;

  /** Goes to the position before the first datagram of a batch. */
  begin(batch: ReceivedBatch): void {
    this.#batch = batch;
    this.#nextMessage = 0;
    this.start = 0;
    this.length = 0;
    this.#end = 0;
  }

  /** Goes to the next datagram; false after the last. */
  next(): boolean {
    const start = this.start + this.length;
    // A message of length 0 is a datagram too.
    if (start >= this.#end) return this.#beginMessage();
    this.start = start;
    this.length = Math.min(this.#segmentBytes, this.#end - start);
    this.hasOwnArrival = false;
    return true;
  }

  #beginMessage(): boolean {
    const batch = this.#batch;
    const message = this.#nextMessage;
    if (batch === undefined || message >= batch.count) return false;
    this.#nextMessage = message + 1;
    const length = batch.lengths[message]!;
    this.bytes = batch.buffers[message]!;
    this.start = batch.starts[message]!;
    this.#end = this.start + length;
    // A network that a user wrote may leave this at 0. The receiver must not loop for ever then.
    this.#segmentBytes = batch.segmentBytes[message]! || length;
    this.length = Math.min(this.#segmentBytes, length);
    this.arrivalUs = batch.arrivalsUs[message]!;
    this.sourceId = batch.sourceIds[message]!;
    this.hasOwnArrival = true;
    return true;
  }
}
