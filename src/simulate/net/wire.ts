import type { ScheduledEvent } from '../clock/event-heap.js';
import type { VirtualClock } from '../clock/virtual-clock.js';
import type { Prng } from '../random/prng.js';
import type { LinkSettings } from './link-options.js';
import { damaged, type Packet } from './packet.js';
import { Pipe } from './pipe.js';

/** Takes a packet at a link's far end. `atUs` is when it arrived; on a lazy link that may be before now. */
export type Deliver = (packet: Packet, atUs: number) => void;

/** A packet that does not arrive in its turn. */
interface Stray {
  readonly packet: Packet;
  /** When it would arrive in its turn, and how much later it does. */
  turnUs: number;
  readonly extraUs: number;
  arrival: ScheduledEvent | undefined;
}

/** The wire behind a link's queue: what happens to a packet from its departure to its arrival. */
export class Wire {
  /** Whether packets wait at the far end until `catchUp` is called. A wire with jitter reorders and is never lazy. */
  isLazy = false;
  delayUs = 0;
  readonly #clock: VirtualClock;
  readonly #prng: Prng;
  readonly #deliver: Deliver;
  readonly #pipe = new Pipe();
  /** Bounded as the pipe is. */
  readonly #strays = new Set<Stray>();
  readonly #fire = () => this.#arriveDue();
  #settings: LinkSettings = {};
  /** Whether packets arrive unchanged, once and in order. */
  #isPlain = true;
  #arrival: ScheduledEvent | undefined;

  constructor(clock: VirtualClock, prng: Prng, deliver: Deliver) {
    this.#clock = clock;
    this.#prng = prng;
    this.#deliver = deliver;
  }

  /** Whether packets may wait for `catchUp`. */
  get waits(): boolean {
    return this.isLazy && this.#isPlain;
  }

  /** Delay, jitter, duplicates and damage of packets that leave from now on. */
  set settings(settings: LinkSettings) {
    const { delayUs = 0, jitterUs = 0, duplicateRatio = 0, damageRatio = 0 } = settings;
    this.#settings = settings;
    this.delayUs = delayUs;
    this.#isPlain = jitterUs === 0 && duplicateRatio === 0 && damageRatio === 0;
  }

  /** Takes a packet that leaves the queue at `departureUs`, which may be still to come. */
  send(packet: Packet, departureUs: number): void {
    if (this.#isPlain) this.#arrive(packet, departureUs + this.delayUs);
    else this.#arriveChanged(packet, departureUs + this.delayUs);
  }

  /** Delivers the packets that have arrived. */
  catchUp(): void {
    const { nowUs } = this.#clock;
    for (let atUs = this.#pipe.nextUs; atUs <= nowUs; atUs = this.#pipe.nextUs) this.#deliver(this.#pipe.shift(), atUs);
  }

  /** Moves the arrivals after `fromUs`. */
  reschedule(fromUs: number, arrivalOf: (arrivalUs: number) => number): void {
    this.#pipe.reschedule(fromUs, arrivalOf);
    this.#await();
    for (const stray of this.#strays) {
      if (stray.turnUs <= fromUs) continue;
      stray.turnUs = arrivalOf(stray.turnUs);
      this.#awaitStray(stray);
    }
  }

  #arrive(packet: Packet, atUs: number): void {
    if (atUs <= this.#clock.nowUs && this.#pipe.count === 0) {
      this.#deliver(packet, atUs);
      return;
    }
    this.#pipe.push(packet, atUs);
    if (!this.isLazy && this.#pipe.count === 1) this.#await();
  }

  #arriveChanged(packet: Packet, atUs: number): void {
    const { duplicateRatio = 0 } = this.#settings;
    this.#arriveOnce(packet, atUs);
    if (this.#prng.happens(duplicateRatio)) this.#arriveOnce(packet, atUs);
  }

  #arriveOnce(packet: Packet, atUs: number): void {
    const { jitterUs = 0, jitterRatio = 1, damageRatio = 0 } = this.#settings;
    const prng = this.#prng;
    const arrived = prng.happens(damageRatio) ? damaged(packet, prng) : packet;
    const extraUs = jitterUs > 0 && prng.happens(jitterRatio) ? prng.ratio() * jitterUs : 0;
    if (atUs + extraUs <= this.#clock.nowUs) this.#deliver(arrived, atUs + extraUs);
    else this.#awaitStray({ packet: arrived, turnUs: atUs, extraUs, arrival: undefined });
  }

  #awaitStray(stray: Stray): void {
    if (stray.arrival !== undefined) stray.arrival.callback = undefined;
    this.#strays.add(stray);
    stray.arrival = this.#clock.quietlyAt(stray.turnUs + stray.extraUs, () => {
      this.#strays.delete(stray);
      this.#deliver(stray.packet, this.#clock.nowUs);
    });
  }

  /** Schedules the arrival of the next packet. */
  #await(): void {
    if (this.#arrival !== undefined) this.#arrival.callback = undefined;
    this.#arrival = undefined;
    if (this.isLazy || this.#pipe.count === 0) return;
    this.#arrival = this.#clock.quietlyAt(this.#pipe.nextUs, this.#fire);
  }

  #arriveDue(): void {
    this.#arrival = undefined;
    this.catchUp();
    this.#await();
  }
}
