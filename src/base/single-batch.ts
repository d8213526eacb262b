import type { ReceivedBatch } from './ports.js';

/** A batch with one datagram, which stays where it lies. A network that hands over datagrams one by one uses the same batch each time. */
export class SingleBatch implements ReceivedBatch {
  readonly count = 1;
  readonly buffers: Uint8Array[] = [new Uint8Array(0)];
  readonly starts = [0];
  readonly lengths = [0];
  readonly segmentBytes = this.lengths;
  readonly arrivalsUs = [0];
  readonly sourceIds = [0];
  readonly droppedCount = 0;

  of(buffer: Uint8Array, start: number, length: number, arrivalUs: number, sourceId: number): this {
    this.buffers[0] = buffer;
    this.starts[0] = start;
    this.lengths[0] = length;
    this.arrivalsUs[0] = arrivalUs;
    this.sourceIds[0] = sourceId;
    return this;
  }
}
