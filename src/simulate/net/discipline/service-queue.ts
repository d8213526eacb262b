import type { Packet } from '../packet.js';
import { Pipe } from '../pipe.js';
import type { Discipline, Limits } from './discipline.js';
import type { Service } from './service.js';

/** One queue of bytes, first in, first out, in front of a service. A packet that does not fit is dropped. */
export class ServiceQueue implements Discipline {
  droppedCount = 0;
  backlogBytes = 0;
  nextUs = Number.POSITIVE_INFINITY;
  readonly #service: Service;
  /** Packets with the times at which they came. Its bound is the queue's, in bytes. */
  readonly #waiting = new Pipe();
  #queueBytes: number;
  /** Since when the first packet could have been served. */
  #readyUs = 0;

  constructor(service: Service, queueBytes: number) {
    this.#service = service;
    this.#queueBytes = queueBytes;
  }

  offer(packet: Packet, nowUs: number): void {
    const { wireBytes } = packet;
    if (this.backlogBytes + wireBytes > this.#queueBytes || !this.#service.fits(wireBytes)) {
      this.droppedCount++;
      return;
    }
    this.backlogBytes += wireBytes;
    this.#waiting.push(packet, nowUs);
    if (this.#waiting.count === 1) this.#head(nowUs);
  }

  take(): Packet {
    const leftUs = this.nextUs;
    const packet = this.#waiting.shift();
    this.#service.serve(packet.wireBytes, this.#readyUs);
    this.backlogBytes -= packet.wireBytes;
    this.#head(Math.max(leftUs, this.#waiting.nextUs));
    return packet;
  }

  change({ rateBitsPerSecond, queueBytes }: Limits, nowUs: number): void {
    this.#service.change(rateBitsPerSecond, nowUs);
    this.#queueBytes = queueBytes;
    this.#head(Math.max(this.#readyUs, nowUs));
  }

  waitUs(nowUs: number): number {
    if (this.#waiting.count === 0) return 0;
    return Math.max(0, this.#service.departureUs(this.backlogBytes, Math.max(this.#readyUs, nowUs)) - nowUs);
  }

  capacityBits(fromUs: number, toUs: number): number {
    return this.#service.capacityBits(fromUs, toUs);
  }

  /** The first packet, if there is one, can be served from `readyUs` on. */
  #head(readyUs: number): void {
    this.#readyUs = readyUs;
    this.nextUs =
      this.#waiting.count === 0
        ? Number.POSITIVE_INFINITY
        : this.#service.departureUs(this.#waiting.next.wireBytes, readyUs);
  }
}
