import { DatagramCursor } from '../../base/datagram-cursor.js';
import { HEADER_BYTES } from '../../base/limits.js';
import type { ReceivedBatch } from '../../base/ports.js';
import { ANNOUNCEMENT_CHANNEL, DatagramType, newHeader, readHeader } from '../../wire/header.js';
import type { DatagramFault, FaultCounters } from '../counters.js';
import type { DescriptorHandler } from '../reception.js';

/** Hands on the pieces of records that arrive on an announcement channel, and counts all other datagrams as faults. */
export class AnnouncementReader {
  readonly #datagram = new DatagramCursor();
  readonly #header = newHeader();
  readonly #faults: FaultCounters;
  readonly #onDescriptor: DescriptorHandler;

  constructor(faults: FaultCounters, onDescriptor: DescriptorHandler) {
    this.#faults = faults;
    this.#onDescriptor = onDescriptor;
  }

  handle(batch: ReceivedBatch): void {
    const datagram = this.#datagram;
    for (datagram.begin(batch); datagram.next(); ) {
      const { bytes, start, length, sourceId } = datagram;
      const fault = readHeader(bytes, start, length, this.#header) ?? this.#misplaced();
      if (fault !== undefined) this.#faults.count(fault);
      else this.#onDescriptor(this.#header, bytes, start + HEADER_BYTES, length - HEADER_BYTES, sourceId);
    }
  }

  #misplaced(): DatagramFault | undefined {
    if (this.#header.type !== DatagramType.descriptor) return 'otherObject';
    return this.#header.channelIndex === ANNOUNCEMENT_CHANNEL ? undefined : 'contradiction';
  }
}
