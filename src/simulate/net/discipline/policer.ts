import type { Packet } from '../packet.js';
import type { Discipline, Limits } from './discipline.js';
import { TokenBucket } from './token-bucket.js';

/**
 * A policer: a token bucket without a queue. A packet for which there are not enough tokens is dropped; the others leave at once.
 */
export class Policer implements Discipline {
  droppedCount = 0;
  nextUs = Number.POSITIVE_INFINITY;
  readonly #bucket: TokenBucket;
  #passing: Packet | undefined;

  constructor(rateBitsPerSecond: number, burstBytes: number) {
    this.#bucket = new TokenBucket(rateBitsPerSecond, burstBytes);
  }

  get backlogBytes(): number {
    return this.#passing?.wireBytes ?? 0;
  }

  offer(packet: Packet, nowUs: number): void {
    const { wireBytes } = packet;
    if (this.#bucket.departureUs(wireBytes, nowUs) > nowUs) {
      this.droppedCount++;
      return;
    }
    this.#bucket.serve(wireBytes, nowUs);
    this.#passing = packet;
    this.nextUs = nowUs;
  }

  take(): Packet {
    const packet = this.#passing!;
    this.#passing = undefined;
    this.nextUs = Number.POSITIVE_INFINITY;
    return packet;
  }

  change({ rateBitsPerSecond }: Limits, nowUs: number): void {
    this.#bucket.change(rateBitsPerSecond, nowUs);
  }

  waitUs(): number {
    return 0;
  }

  capacityBits(fromUs: number, toUs: number): number {
    return this.#bucket.capacityBits(fromUs, toUs);
  }
}
