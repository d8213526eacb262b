import type { EventLog } from './event-log.js';
import { LossModel, type LossOptions } from './loss.js';
import type { Packet } from './packet.js';
import { damaged } from './packet.js';
import type { Prng } from './prng.js';
import type { VirtualClock } from './virtual-clock.js';

/** One direction of a link. All ratios are of packets, 0–1. */
export interface LinkOptions {
  /** Whole IPv6 packets. @default no limit, no queue */
  readonly rateBitsPerSecond?: number | undefined;
  /** What waits for a link with a rate, the packet being sent included; more is dropped at the tail. @default 64 kB */
  readonly queueBytes?: number | undefined;
  /** Propagation. @default 0 */
  readonly delayUs?: number | undefined;
  /** @default 0 */
  readonly loss?: LossOptions | undefined;
  /** Delay on top, uniformly from 0, so that packets overtake each other. @default 0 */
  readonly jitterUs?: number | undefined;
  /** How many packets have that delay on top. @default 1 */
  readonly jitterRatio?: number | undefined;
  /** Packets that arrive twice. @default 0 */
  readonly duplicateRatio?: number | undefined;
  /** Packets that arrive with flipped bits or cut short. @default 0 */
  readonly damageRatio?: number | undefined;
}

/** A queue that a small router might have. */
const DEFAULT_QUEUE_BYTES = 65_536;

/** What became of the packets of one link direction. */
export interface LinkCounts {
  carriedCount: number;
  carriedBytes: number;
  lostCount: number;
  /** Dropped because the queue was full. */
  overflowCount: number;
}

/** What a link is part of. */
export interface LinkWorld {
  readonly clock: VirtualClock;
  readonly log: EventLog;
  readonly prng: Prng;
}

/** What the log calls the fates of a packet. */
const CARRIED = 1;
const LOST = 2;
const OVERFLOWN = 3;

/**
 * One direction of a link: a FIFO queue of bytes in front of a wire. The queue is kept as the time at which its last byte
 * will have left, so a packet costs one event, and none on a link with neither rate nor delay.
 */
export class Link {
  readonly counts: LinkCounts = { carriedCount: 0, carriedBytes: 0, lostCount: 0, overflowCount: 0 };
  readonly #id: number;
  readonly #world: LinkWorld;
  readonly #deliver: (packet: Packet) => void;
  #options: LinkOptions;
  #loss: LossModel;
  #busyUntilUs = 0;

  /** @param id what the log calls it. */
  constructor(id: number, options: LinkOptions, world: LinkWorld, deliver: (packet: Packet) => void) {
    this.#id = id;
    this.#world = world;
    this.#deliver = deliver;
    this.#options = options;
    this.#loss = new LossModel(options.loss ?? 0, world.prng);
  }

  /** Bytes that wait or are being sent. */
  get backlogBytes(): number {
    const rate = this.#options.rateBitsPerSecond ?? Number.POSITIVE_INFINITY;
    const waitUs = this.#busyUntilUs - this.#world.clock.nowUs;
    return waitUs > 0 ? (waitUs * rate) / 8e6 : 0;
  }

  /** Changes some properties from now on. What was taken before arrives as it would have. */
  change(options: LinkOptions): void {
    const backlogBytes = this.backlogBytes;
    this.#options = { ...this.#options, ...options };
    const rate = this.#options.rateBitsPerSecond ?? Number.POSITIVE_INFINITY;
    this.#busyUntilUs = this.#world.clock.nowUs + (backlogBytes * 8e6) / rate;
    if ('loss' in options) this.#loss = new LossModel(options.loss ?? 0, this.#world.prng);
  }

  /** Takes a packet at its entrance. */
  carry(packet: Packet): void {
    const { clock, log, prng } = this.#world;
    const { rateBitsPerSecond, queueBytes = DEFAULT_QUEUE_BYTES, delayUs = 0, duplicateRatio = 0 } = this.#options;
    let departureUs = clock.nowUs;
    if (rateBitsPerSecond !== undefined) {
      if (this.backlogBytes + packet.wireBytes > queueBytes) {
        this.counts.overflowCount++;
        log.add(clock.nowUs, OVERFLOWN, this.#id);
        return;
      }
      departureUs = Math.max(this.#busyUntilUs, departureUs) + (packet.wireBytes * 8e6) / rateBitsPerSecond;
      this.#busyUntilUs = departureUs;
    }
    this.counts.carriedCount++;
    this.counts.carriedBytes += packet.wireBytes;
    const isLost = this.#loss.loses();
    log.add(clock.nowUs, isLost ? LOST : CARRIED, this.#id);
    if (isLost) {
      this.counts.lostCount++;
      return;
    }
    this.#arrive(packet, departureUs + delayUs);
    if (prng.happens(duplicateRatio)) this.#arrive(packet, departureUs + delayUs);
  }

  #arrive(packet: Packet, atUs: number): void {
    const { clock, prng } = this.#world;
    const { jitterUs = 0, jitterRatio = 1, damageRatio = 0 } = this.#options;
    const arrived = prng.happens(damageRatio) ? damaged(packet, prng) : packet;
    const arrivalUs = jitterUs > 0 && prng.happens(jitterRatio) ? atUs + prng.ratio() * jitterUs : atUs;
    if (arrivalUs <= clock.nowUs) this.#deliver(arrived);
    else clock.at(arrivalUs, () => this.#deliver(arrived));
  }
}
