import type { ScheduledEvent } from '../clock/event-heap.js';
import type { VirtualClock } from '../clock/virtual-clock.js';
import type { Prng } from '../random/prng.js';
import type { EventLog } from './event-log.js';
import { LossModel, type LossOptions } from './loss.js';
import type { Packet } from './packet.js';
import { damaged } from './packet.js';
import { Pipe } from './pipe.js';

/** One direction of a link. All ratios are of packets, 0–1. */
export interface LinkOptions {
  /** Rate of the link, counting whole IPv6 packets. @default no limit, no queue */
  readonly rateBitsPerSecond?: number | undefined;
  /**
   * Size of the queue of a link with a rate, including the packet being sent. Packets that do not fit are dropped.
   * @default 64 kB
   */
  readonly queueBytes?: number | undefined;
  /** Propagation delay. @default 0 */
  readonly delayUs?: number | undefined;
  /** @default 0 */
  readonly loss?: LossOptions | undefined;
  /** Additional delay, uniform from 0 to this, so that packets overtake each other. @default 0 */
  readonly jitterUs?: number | undefined;
  /** Share of packets that have the additional delay. @default 1 */
  readonly jitterRatio?: number | undefined;
  /** Share of packets that arrive twice. @default 0 */
  readonly duplicateRatio?: number | undefined;
  /** Share of packets that arrive with flipped bits or cut short. @default 0 */
  readonly damageRatio?: number | undefined;
}

/** The queue of a small router. */
export const DEFAULT_QUEUE_BYTES = 65_536;

/** What happened to the packets of one direction of a link. */
export interface LinkCounts {
  carriedCount: number;
  carriedBytes: number;
  lostCount: number;
  /** Dropped because the queue was full. */
  overflowCount: number;
}

/** The network that a link belongs to. */
export interface LinkWorld {
  readonly clock: VirtualClock;
  readonly log: EventLog;
  readonly prng: Prng;
}

/** Numbers in the log for what happened to a packet. */
const CARRIED = 1;
const LOST = 2;
const OVERFLOWN = 3;

/** Takes a packet at a link's far end. `atUs` is when it arrived; on a lazy link that may be before now. */
export type Deliver = (packet: Packet, atUs: number) => void;

/**
 * One direction of a link: a FIFO queue of bytes in front of a wire. The queue is kept as the time at which its last byte
 * will have left, so a packet costs at most one event. It costs none on a link with neither rate nor delay, and none on a
 * lazy link, where the far end asks for the packets that have arrived (`isLazy`).
 */
export class Link {
  readonly counts: LinkCounts = { carriedCount: 0, carriedBytes: 0, lostCount: 0, overflowCount: 0 };
  /** Whether packets wait at the far end until `catchUp` is called. A link with jitter reorders and is never lazy. */
  isLazy = false;
  readonly #id: number;
  readonly #world: LinkWorld;
  readonly #deliver: Deliver;
  readonly #pipe = new Pipe();
  readonly #fire = () => this.#arriveDue();
  #options: LinkOptions;
  #loss: LossModel;
  /** Time that a byte takes; 0 without a rate. */
  #usPerByte = 0;
  /** Time that a full queue takes to leave. */
  #queueUs = 0;
  #delayUs = 0;
  /** Whether packets arrive unchanged, once and in order. */
  #isPlain = true;
  #busyUntilUs = 0;
  #arrival: ScheduledEvent | undefined;

  /** @param id number of the link in the log. */
  constructor(id: number, options: LinkOptions, world: LinkWorld, deliver: Deliver) {
    this.#id = id;
    this.#world = world;
    this.#deliver = deliver;
    this.#options = options;
    this.#loss = new LossModel(options.loss ?? 0, world.prng);
    this.#settle();
  }

  get options(): LinkOptions {
    return this.#options;
  }

  /** Time that a packet sent now would wait before its first bit leaves. */
  get queueUs(): number {
    return Math.max(0, this.#busyUntilUs - this.#world.clock.nowUs);
  }

  /** Bytes that wait or are being sent. */
  get backlogBytes(): number {
    return this.#usPerByte === 0 ? 0 : this.queueUs / this.#usPerByte;
  }

  /**
   * Changes some options from now on. Packets in the queue leave at the new rate; packets on the wire arrive as they would
   * have.
   */
  change(options: LinkOptions): void {
    const { nowUs } = this.#world.clock;
    const [before, delayUs] = [this.#usPerByte, this.#delayUs];
    this.#options = { ...this.#options, ...options };
    this.#settle();
    const ratio = before === 0 ? 0 : this.#usPerByte / before;
    this.#busyUntilUs = nowUs + Math.max(0, this.#busyUntilUs - nowUs) * ratio;
    if ('loss' in options) this.#loss = new LossModel(options.loss ?? 0, this.#world.prng);
    this.#pipe.reschedule(
      nowUs + delayUs,
      (arrivalUs) => nowUs + (arrivalUs - delayUs - nowUs) * ratio + this.#delayUs,
    );
    this.#await();
  }

  /** Takes a packet at the near end. */
  carry(packet: Packet): void {
    const { clock, log } = this.#world;
    const { counts } = this;
    const { nowUs } = clock;
    const { wireBytes } = packet;
    let departureUs = nowUs;
    if (this.#usPerByte > 0) {
      const waitUs = Math.max(0, this.#busyUntilUs - nowUs);
      if (waitUs + wireBytes * this.#usPerByte > this.#queueUs) {
        counts.overflowCount++;
        log.add(nowUs, OVERFLOWN, this.#id);
        return;
      }
      departureUs = nowUs + waitUs + wireBytes * this.#usPerByte;
      this.#busyUntilUs = departureUs;
    }
    counts.carriedCount++;
    counts.carriedBytes += wireBytes;
    const isLost = this.#loss.loses();
    log.add(nowUs, isLost ? LOST : CARRIED, this.#id);
    if (isLost) counts.lostCount++;
    else if (this.#isPlain) this.#arrive(packet, departureUs + this.#delayUs);
    else this.#arriveChanged(packet, departureUs + this.#delayUs);
  }

  /** Delivers the packets that have arrived on a lazy link. */
  catchUp(): void {
    const { nowUs } = this.#world.clock;
    for (let atUs = this.#pipe.nextUs; atUs <= nowUs; atUs = this.#pipe.nextUs) this.#deliver(this.#pipe.shift(), atUs);
  }

  #arrive(packet: Packet, atUs: number): void {
    if (atUs <= this.#world.clock.nowUs && this.#pipe.count === 0) {
      this.#deliver(packet, atUs);
      return;
    }
    this.#pipe.push(packet, atUs);
    if (!this.isLazy && this.#pipe.count === 1) this.#await();
  }

  #arriveChanged(packet: Packet, atUs: number): void {
    const { duplicateRatio = 0 } = this.#options;
    this.#arriveOnce(packet, atUs);
    if (this.#world.prng.happens(duplicateRatio)) this.#arriveOnce(packet, atUs);
  }

  #arriveOnce(packet: Packet, atUs: number): void {
    const { clock, prng } = this.#world;
    const { jitterUs = 0, jitterRatio = 1, damageRatio = 0 } = this.#options;
    const arrived = prng.happens(damageRatio) ? damaged(packet, prng) : packet;
    const arrivalUs = jitterUs > 0 && prng.happens(jitterRatio) ? atUs + prng.ratio() * jitterUs : atUs;
    if (arrivalUs <= clock.nowUs) this.#deliver(arrived, arrivalUs);
    else clock.quietlyAt(arrivalUs, () => this.#deliver(arrived, clock.nowUs));
  }

  /** Schedules the arrival of the next packet. */
  #await(): void {
    if (this.#arrival !== undefined) this.#arrival.callback = undefined;
    this.#arrival = undefined;
    if (this.isLazy || this.#pipe.count === 0) return;
    this.#arrival = this.#world.clock.quietlyAt(this.#pipe.nextUs, this.#fire);
  }

  #arriveDue(): void {
    this.#arrival = undefined;
    this.catchUp();
    this.#await();
  }

  #settle(): void {
    const { rateBitsPerSecond, queueBytes = DEFAULT_QUEUE_BYTES, delayUs = 0 } = this.#options;
    const { jitterUs = 0, duplicateRatio = 0, damageRatio = 0 } = this.#options;
    this.#usPerByte = rateBitsPerSecond === undefined ? 0 : 8e6 / rateBitsPerSecond;
    // Rounding must not keep the last packet out of a queue that holds exactly that many packets.
    this.#queueUs = queueBytes * this.#usPerByte + 1e-6;
    this.#delayUs = delayUs;
    this.#isPlain = jitterUs === 0 && duplicateRatio === 0 && damageRatio === 0;
  }
}
