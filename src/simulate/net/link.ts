import type { ScheduledEvent } from '../clock/event-heap.js';
import type { VirtualClock } from '../clock/virtual-clock.js';
import type { Prng } from '../random/prng.js';
import type { Discipline, Limits } from './discipline/discipline.js';
import { disciplineOf, lineUsPerByte } from './discipline/discipline-of.js';
import type { EventLog } from './event-log.js';
import { DEFAULT_QUEUE_BYTES, type LinkCounts, type LinkOptions, type LinkSettings } from './link-options.js';
import { LossModel } from './loss.js';
import type { Packet } from './packet.js';
import { type Deliver, Wire } from './wire.js';

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
/** What has left a discipline, and what it has dropped, by the time at which another packet comes. */
const LEFT = 4;

/** The rate of a link with a discipline and without a limit: high enough that a packet takes no time. */
const NO_LIMIT = 1e15;

/**
 * One direction of a link: a queue in front of a wire. Without a discipline the queue is a FIFO of bytes, kept as the time at which
 * its last byte will have left, so a packet costs at most one event. It costs none on a link with neither rate nor delay, and none
 * on a lazy link, where the far end asks for the packets that have arrived (`isLazy`).
 */
export class Link {
  /** On a lazy link with a discipline, up to the last call of `catchUp`; like what waits. */
  readonly counts: LinkCounts = { carriedCount: 0, carriedBytes: 0, lostCount: 0, overflowCount: 0 };
  readonly #id: number;
  readonly #world: LinkWorld;
  readonly #wire: Wire;
  readonly #discipline: Discipline | undefined;
  /** Time that a byte takes on the wire behind the discipline. */
  #lineUsPerByte = 0;
  readonly #fire = () => this.#departDue();
  #options: LinkOptions;
  /** Its rates since when, the latest first: as many as its scenario has changes. */
  readonly #rates: { readonly sinceUs: number; readonly rateBitsPerSecond: number | undefined }[];
  #loss: LossModel;
  /** Time that a byte takes; 0 without a rate. */
  #usPerByte = 0;
  /** Time that a full queue takes to leave. */
  #queueUs = 0;
  /** Until when packets leave: those of the queue, or with a discipline, those that it has let go. */
  #busyUntilUs = 0;
  #departure: ScheduledEvent | undefined;

  /** @param id number of the link in the log. */
  constructor(id: number, options: LinkOptions, world: LinkWorld, deliver: Deliver) {
    const { loss, discipline } = options;
    this.#id = id;
    this.#world = world;
    this.#wire = new Wire(world.clock, world.prng, deliver);
    this.#options = options;
    this.#rates = [{ sinceUs: Number.NEGATIVE_INFINITY, rateBitsPerSecond: options.rateBitsPerSecond }];
    this.#loss = new LossModel(loss ?? 0, world.prng);
    this.#settle();
    if (discipline === undefined) return;
    this.#discipline = disciplineOf(discipline, this.#limits, world.prng.fork('discipline'));
  }

  /** Whether packets wait at the far end until `catchUp` is called. A link with jitter reorders and is never lazy. */
  get isLazy(): boolean {
    return this.#wire.isLazy;
  }

  set isLazy(isLazy: boolean) {
    this.#wire.isLazy = isLazy;
  }

  get options(): LinkOptions {
    return this.#options;
  }

  /** Time that a packet sent now would wait before its first bit leaves. */
  get queueUs(): number {
    const { nowUs } = this.#world.clock;
    return this.#discipline === undefined ? Math.max(0, this.#busyUntilUs - nowUs) : this.#discipline.waitUs(nowUs);
  }

  /** Bytes that wait or are being sent. */
  get backlogBytes(): number {
    if (this.#discipline !== undefined) return this.#discipline.backlogBytes;
    return this.#usPerByte === 0 ? 0 : this.queueUs / this.#usPerByte;
  }

  /** Bytes of the packets that have left the queue. A link without a discipline counts a packet when it enters. */
  get departedBytes(): number {
    return this.counts.carriedBytes - (this.#discipline === undefined ? this.backlogBytes : 0);
  }

  /** Mean of what the link could carry between two times; undefined if it had no limit at one of them. */
  capacityBitsPerSecond(fromUs: number, toUs: number): number | undefined {
    if (toUs <= fromUs) return this.#options.rateBitsPerSecond;
    if (this.#discipline !== undefined) return (this.#discipline.capacityBits(fromUs, toUs) * 1e6) / (toUs - fromUs);
    let [bitsUs, untilUs] = [0, toUs];
    for (const { sinceUs, rateBitsPerSecond = Number.POSITIVE_INFINITY } of this.#rates) {
      if (sinceUs >= untilUs) continue;
      bitsUs += rateBitsPerSecond * (untilUs - Math.max(sinceUs, fromUs));
      untilUs = sinceUs;
      if (untilUs <= fromUs) break;
    }
    return Number.isFinite(bitsUs) ? bitsUs / (toUs - fromUs) : undefined;
  }

  /**
   * Changes some options from now on. Packets in the queue leave at the new rate; packets on the wire arrive as they would
   * have.
   */
  change(settings: LinkSettings): void {
    const { nowUs } = this.#world.clock;
    this.#depart();
    const [before, { delayUs }] = [this.#usPerByte, this.#wire];
    this.#options = { ...this.#options, ...settings };
    if ('rateBitsPerSecond' in settings)
      this.#rates.unshift({ sinceUs: nowUs, rateBitsPerSecond: settings.rateBitsPerSecond });
    this.#settle();
    if ('loss' in settings) this.#loss = new LossModel(settings.loss ?? 0, this.#world.prng);
    if (this.#discipline !== undefined) {
      this.#discipline.change(this.#limits, nowUs);
      this.#await();
      return;
    }
    const ratio = before === 0 ? 0 : this.#usPerByte / before;
    this.#busyUntilUs = nowUs + Math.max(0, this.#busyUntilUs - nowUs) * ratio;
    this.#wire.reschedule(
      nowUs + delayUs,
      (arrivalUs) => nowUs + (arrivalUs - delayUs - nowUs) * ratio + this.#wire.delayUs,
    );
  }

  /** Takes a packet at the near end. */
  carry(packet: Packet): void {
    if (this.#discipline !== undefined) {
      this.#offer(packet, this.#discipline);
      return;
    }
    const { clock, log } = this.#world;
    const { nowUs } = clock;
    const { wireBytes } = packet;
    let departureUs = nowUs;
    if (this.#usPerByte > 0) {
      const waitUs = Math.max(0, this.#busyUntilUs - nowUs);
      if (waitUs + wireBytes * this.#usPerByte > this.#queueUs) {
        this.counts.overflowCount++;
        log.add(nowUs, OVERFLOWN, this.#id);
        return;
      }
      departureUs = nowUs + waitUs + wireBytes * this.#usPerByte;
      this.#busyUntilUs = departureUs;
    }
    const isLost = this.#loses(packet);
    log.add(nowUs, isLost ? LOST : CARRIED, this.#id);
    if (!isLost) this.#wire.send(packet, departureUs);
  }

  /** Delivers the packets that have arrived on a lazy link. On another, each has an event of its own, whose turn must come. */
  catchUp(): void {
    if (!this.#wire.waits) return;
    this.#depart();
    this.#wire.catchUp();
  }

  /** Gives a packet to the discipline. */
  #offer(packet: Packet, discipline: Discipline): void {
    const { clock, log } = this.#world;
    const { nowUs } = clock;
    this.#depart();
    const { carriedCount, lostCount, overflowCount } = this.counts;
    log.add(carriedCount, LEFT, lostCount + overflowCount);
    discipline.offer(packet, nowUs);
    log.add(nowUs, discipline.droppedCount > overflowCount ? OVERFLOWN : CARRIED, this.#id);
    // What leaves without waiting needs no event.
    this.#depart();
    this.#await();
  }

  /** Puts on the wire what has left the discipline by now. */
  #depart(): void {
    const discipline = this.#discipline;
    if (discipline === undefined) return;
    const { nowUs } = this.#world.clock;
    while (discipline.nextUs <= nowUs) {
      const leftUs = discipline.nextUs;
      const packet = discipline.take();
      if (this.#loses(packet)) continue;
      this.#busyUntilUs = Math.max(leftUs, this.#busyUntilUs) + packet.wireBytes * this.#lineUsPerByte;
      this.#wire.send(packet, this.#busyUntilUs);
    }
    this.counts.overflowCount = discipline.droppedCount;
  }

  /** Schedules the next departure from the discipline. */
  #await(): void {
    if (this.#wire.waits) return;
    const { nextUs } = this.#discipline!;
    if (this.#departure !== undefined && this.#departure.atUs === Math.ceil(nextUs)) return;
    if (this.#departure !== undefined) this.#departure.callback = undefined;
    this.#departure = nextUs < Number.POSITIVE_INFINITY ? this.#world.clock.quietlyAt(nextUs, this.#fire) : undefined;
  }

  #departDue(): void {
    this.#departure = undefined;
    this.#depart();
    this.#await();
  }

  /** Counts a packet that leaves the queue, and decides whether the wire loses it. */
  #loses(packet: Packet): boolean {
    this.counts.carriedCount++;
    this.counts.carriedBytes += packet.wireBytes;
    const isLost = this.#loss.loses();
    if (isLost) this.counts.lostCount++;
    return isLost;
  }

  get #limits(): Limits {
    const { rateBitsPerSecond = NO_LIMIT, queueBytes = DEFAULT_QUEUE_BYTES } = this.#options;
    return { rateBitsPerSecond, queueBytes };
  }

  #settle(): void {
    const { rateBitsPerSecond, queueBytes = DEFAULT_QUEUE_BYTES, discipline } = this.#options;
    this.#usPerByte = rateBitsPerSecond === undefined ? 0 : 8e6 / rateBitsPerSecond;
    if (discipline !== undefined) this.#lineUsPerByte = lineUsPerByte(discipline, rateBitsPerSecond ?? 0);
    // Rounding must not keep the last packet out of a queue that holds exactly that many packets.
    this.#queueUs = queueBytes * this.#usPerByte + 1e-6;
    this.#wire.settings = this.#options;
  }
}
