import type { Packet } from './packet.js';

/** A pipe begins with room for this many packets, and doubles. Its bound is what the link's queue and delay hold at once. */
const INITIAL_CAPACITY = 64;

/** Packets on their way through a link, in order of arrival: a ring of two parallel arrays. */
export class Pipe {
  #packets: (Packet | undefined)[] = new Array<Packet | undefined>(INITIAL_CAPACITY).fill(undefined);
  #arrivalsUs = new Float64Array(INITIAL_CAPACITY);
  #first = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** When the next packet arrives; infinite if there is none. */
  get nextUs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#arrivalsUs[this.#first]!;
  }

  /** The next packet; there must be one. */
  get next(): Packet {
    return this.#packets[this.#first]!;
  }

  /** Adds a packet behind the last one. A wire does not reorder, so the packet arrives no earlier than the last one. */
  push(packet: Packet, arrivalUs: number): void {
    if (this.#count === this.#packets.length) this.#grow();
    const mask = this.#packets.length - 1;
    const at = (this.#first + this.#count) & mask;
    const last = this.#count === 0 ? 0 : this.#arrivalsUs[(at - 1) & mask]!;
    this.#packets[at] = packet;
    this.#arrivalsUs[at] = Math.max(arrivalUs, last);
    this.#count++;
  }

  /** Takes the next packet out. */
  shift(): Packet {
    const packet = this.#packets[this.#first]!;
    this.#packets[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#packets.length - 1);
    this.#count--;
    return packet;
  }

  /**
   * Moves the arrivals after `fromUs`, which are those of packets still in the queue. Packets that arrive before are already
   * on the wire.
   */
  reschedule(fromUs: number, arrivalOf: (arrivalUs: number) => number): void {
    const mask = this.#packets.length - 1;
    let lastUs = 0;
    for (let i = 0; i < this.#count; i++) {
      const at = (this.#first + i) & mask;
      const arrivalUs = this.#arrivalsUs[at]!;
      lastUs = Math.max(lastUs, arrivalUs > fromUs ? arrivalOf(arrivalUs) : arrivalUs);
      this.#arrivalsUs[at] = lastUs;
    }
  }

  #grow(): void {
    const size = this.#packets.length;
    const order = Array.from({ length: size }, (_, i) => (this.#first + i) & (size - 1));
    const arrivalsUs = new Float64Array(2 * size);
    arrivalsUs.set(order.map((at) => this.#arrivalsUs[at]!));
    this.#packets = [...order.map((at) => this.#packets[at]), ...new Array<undefined>(size).fill(undefined)];
    this.#arrivalsUs = arrivalsUs;
    this.#first = 0;
  }
}
