import { SingleBatch } from '../../base/single-batch.js';
import type { Packet } from './packet.js';

/** Most bytes in a UDP datagram. */
const MAX_DATAGRAM_BYTES = 65_535;

/** A batch with the datagram of one packet. */
export class PacketBatch extends SingleBatch {
  ofPacket({ buffer, start, length }: Packet, arrivalUs: number, sourceId: number): this {
    return this.of(buffer, start, length, arrivalUs, sourceId);
  }

  /** The datagram has been handled. */
  release(): void {}
}

/** One datagram in a buffer that says something else as soon as it has been handled. */
export class ScrubbedBatch extends PacketBatch {
  readonly #scratch = new Uint8Array(MAX_DATAGRAM_BYTES);

  override ofPacket({ buffer, start, length }: Packet, arrivalUs: number, sourceId: number): this {
    this.#scratch.set(buffer.subarray(start, start + length), 0);
    return this.of(this.#scratch, 0, length, arrivalUs, sourceId);
  }

  override release(): void {
    this.#scratch.fill(0xa5, 0, this.lengths[0]);
  }
}
