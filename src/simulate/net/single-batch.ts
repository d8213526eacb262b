import type { ReceivedBatch } from '../../base/ports.js';
import type { Packet } from './packet.js';

/** Most bytes in a UDP datagram. */
const MAX_DATAGRAM_BYTES = 65_535;

/** A batch with one datagram, which stays where it lies. */
export class SingleBatch implements ReceivedBatch {
  readonly count = 1;
  readonly buffers: Uint8Array[] = [new Uint8Array(0)];
  readonly starts = [0];
  readonly lengths = [0];
  readonly segmentBytes = this.lengths;
  readonly arrivalsUs = [0];
  readonly sourceIds = [0];
  readonly droppedCount = 0;

  of(packet: Packet, arrivalUs: number, sourceId: number): this {
    this.buffers[0] = packet.buffer;
    this.starts[0] = packet.start;
    this.lengths[0] = packet.length;
    this.arrivalsUs[0] = arrivalUs;
    this.sourceIds[0] = sourceId;
    return this;
  }

  release(): void {}
}

/** One datagram in a buffer that says something else as soon as it has been handled. */
export class ScrubbedBatch extends SingleBatch {
  readonly #scratch = new Uint8Array(MAX_DATAGRAM_BYTES);

  override of(packet: Packet, arrivalUs: number, sourceId: number): this {
    super.of(packet, arrivalUs, sourceId);
    this.#scratch.set(packet.buffer.subarray(packet.start, packet.start + packet.length), 0);
    this.buffers[0] = this.#scratch;
    this.starts[0] = 0;
    return this;
  }

  override release(): void {
    this.#scratch.fill(0xa5, 0, this.lengths[0]);
  }
}
