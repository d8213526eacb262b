import type { Packet } from '../packet.js';
import { Pipe } from '../pipe.js';
import { bitsOf, type Discipline, type Limits } from './discipline.js';

/**
 * A Wi-Fi access point with stations that sleep (IEEE 802.11, DTIM): multicast waits for the next beacon that announces it, and
 * then leaves at the link's rate, before unicast. What comes after a beacon waits for the next one. Unicast does not wait for
 * beacons, as for a station that is awake. The beacons are at whole multiples of `periodUs`. A packet under way is not interrupted.
 */
export class Beacons implements Discipline {
  droppedCount = 0;
  backlogBytes = 0;
  nextUs = Number.POSITIVE_INFINITY;
  readonly #periodUs: number;
  /** Both with the times at which packets came; together their bound is the queue's, in bytes. */
  readonly #multicast = new Pipe();
  readonly #unicast = new Pipe();
  #usPerByte: number;
  #queueBytes: number;
  /** The queue whose first packet is next to leave, and when it starts to. It is only planned as long as that is still to come. */
  #chosen: Pipe | undefined;
  #startUs = Number.POSITIVE_INFINITY;

  constructor({ rateBitsPerSecond, queueBytes }: Limits, periodUs: number) {
    this.#usPerByte = 8e6 / rateBitsPerSecond;
    this.#queueBytes = queueBytes;
    this.#periodUs = periodUs;
  }

  offer(packet: Packet, nowUs: number): void {
    if (this.backlogBytes + packet.wireBytes > this.#queueBytes) {
      this.droppedCount++;
      return;
    }
    this.backlogBytes += packet.wireBytes;
    (isMulticast(packet) ? this.#multicast : this.#unicast).push(packet, nowUs);
    if (this.#startUs > nowUs) this.#choose(nowUs);
  }

  take(): Packet {
    const packet = this.#chosen!.shift();
    this.backlogBytes -= packet.wireBytes;
    this.#choose(this.nextUs);
    return packet;
  }

  change({ rateBitsPerSecond, queueBytes }: Limits, nowUs: number): void {
    const usPerByte = 8e6 / rateBitsPerSecond;
    // What is left of a packet under way leaves at the new rate.
    const doneUs = Math.max(0, nowUs - this.#startUs);
    this.#startUs += doneUs - doneUs * (usPerByte / this.#usPerByte);
    this.#usPerByte = usPerByte;
    this.#queueBytes = queueBytes;
    if (this.#chosen !== undefined) this.#plan(this.#chosen, this.#startUs);
  }

  waitUs(nowUs: number): number {
    if (this.#multicast.count === 0) return this.backlogBytes * this.#usPerByte;
    return Math.max(0, this.#beaconFrom(this.#multicast.nextUs) - nowUs) + this.backlogBytes * this.#usPerByte;
  }

  capacityBits(fromUs: number, toUs: number): number {
    return bitsOf(8e6 / this.#usPerByte, fromUs, toUs);
  }

  /** Chooses what leaves next from a link that is free at `freeUs`. */
  #choose(freeUs: number): void {
    const releasedUs =
      this.#multicast.count === 0 ? Number.POSITIVE_INFINITY : this.#beaconFrom(this.#multicast.nextUs);
    if (this.#unicast.count > 0 && releasedUs > freeUs) this.#plan(this.#unicast, freeUs);
    else if (this.#multicast.count > 0) this.#plan(this.#multicast, Math.max(freeUs, releasedUs));
    else this.#plan(undefined, Number.POSITIVE_INFINITY);
  }

  #plan(queue: Pipe | undefined, startUs: number): void {
    this.#chosen = queue;
    this.#startUs = startUs;
    this.nextUs = queue === undefined ? startUs : startUs + queue.next.wireBytes * this.#usPerByte;
  }

  #beaconFrom(us: number): number {
    return Math.ceil(us / this.#periodUs) * this.#periodUs;
  }
}

/** Flows of unicast packets have names in the place of a group. */
function isMulticast({ flow }: Packet): boolean {
  return flow.group.startsWith('ff') && flow.group.includes(':');
}
