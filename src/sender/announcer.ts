import { ANNOUNCEMENT_CHANNEL, addressDatagram } from '../wire/header.js';
import type { DatagramSource, Slab } from './slab.js';

/** The loop of an announcement channel: the pieces of every object's signed descriptor, in turn. */
export class Announcer implements DatagramSource {
  readonly maxDatagramBytes: number;
  readonly #datagrams: readonly Uint8Array[];
  readonly #serverIndex: number;
  #next = 0;

  /** @param datagrams at least one, from `recordDatagrams`. */
  constructor(datagrams: readonly Uint8Array[], serverIndex: number) {
    this.#datagrams = datagrams;
    this.#serverIndex = serverIndex;
    this.maxDatagramBytes = Math.max(...datagrams.map((datagram) => datagram.length));
  }

  prepare(slab: Slab): void {
    for (slab.clear(); slab.count < slab.capacity; slab.count++) {
      const datagram = this.#datagrams[this.#next]!;
      const at = slab.count * slab.strideBytes;
      slab.bytes.set(datagram, at);
      addressDatagram(this.#serverIndex, ANNOUNCEMENT_CHANNEL, slab.bytes, at);
      slab.lengths[slab.count] = datagram.length;
      this.#next = (this.#next + 1) % this.#datagrams.length;
    }
  }
}
