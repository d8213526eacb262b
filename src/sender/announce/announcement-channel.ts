import { HEADER_BYTES } from '../../base/limits.js';
import type { Clock, Destination, Network } from '../../base/ports.js';
import { ScheduleTime } from '../../rate/ladder/schedule-time.js';
import { FRAGMENT_BYTES } from '../../wire/fragments.js';
import { stampHeader } from '../../wire/header.js';
import { ReopeningSocket } from '../reopening-socket.js';
import { packetBytes } from './announce-pace.js';
import { AnnouncementLoop } from './announcement-loop.js';

export interface AnnouncementWorld {
  readonly clock: Clock;
  readonly network: Network;
  /** A whole number from 0 to 2^32 − 1, different each time. */
  readonly random: () => number;
}

/**
 * Sends announcements to one group, one datagram at a time. It makes each datagram when it is due, so that a withdrawn object is not
 * announced once more. If the network refuses datagrams, the channel keeps trying by itself.
 */
export class AnnouncementChannel {
  readonly loop = new AnnouncementLoop();
  readonly #clock: Clock;
  readonly #socket: ReopeningSocket;
  /** Time to wait after a datagram whose packet has `bytes` bytes. */
  readonly #gapUs: (bytes: number, hasFresh: boolean) => number;
  readonly #flags: () => number;
  readonly #bytes = new Uint8Array(HEADER_BYTES + FRAGMENT_BYTES);
  /** Gives the slot's number; the rest is not used, because announcements have no ladder. */
  readonly #scheduleTime = new ScheduleTime();
  #sequence: number;
  /** When the last datagram was due, and how long its packet was. */
  #lastUs = Number.NEGATIVE_INFINITY;
  #lastBytes = 0;
  #cancel: (() => void) | undefined;
  #isBusy = true;
  #isClosed = false;

  constructor(
    destination: Destination,
    world: AnnouncementWorld,
    gapUs: (bytes: number, hasFresh: boolean) => number,
    flags: () => number,
    onNetwork: (failure: string | undefined) => void,
  ) {
    this.#clock = world.clock;
    this.#socket = new ReopeningSocket(destination, world, onNetwork);
    this.#gapUs = gapUs;
    this.#flags = flags;
    this.#sequence = world.random();
    // If the network refuses now, the first datagrams make it try again.
    void this.#socket.open().then(this.#goOn, this.#goOn);
  }

  /** Computes again when the next datagram is due, after the announcements or their pace have changed. */
  update(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#isBusy || this.#isClosed || this.loop.isEmpty) return;
    const nowUs = this.#clock.nowUs();
    const dueUs = Math.max(nowUs, this.#lastUs + this.#gapUs(this.#lastBytes, this.loop.hasFresh));
    this.#cancel = this.#clock.schedule(dueUs, () => this.#send(dueUs));
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#socket.close();
  }

  readonly #goOn = () => {
    this.#isBusy = false;
    this.update();
  };

  #send(dueUs: number): void {
    this.#cancel = undefined;
    const datagram = this.loop.take();
    // The owner calls `update` when there is an announcement again.
    if (datagram === undefined) return;
    const nowUs = this.#clock.nowUs();
    this.#scheduleTime.advance(nowUs, this.#clock.wallUs());
    this.#bytes.set(datagram);
    const marks = { sequence: this.#sequence, sendTimeUs: nowUs % 2 ** 32, slot: this.#scheduleTime.slot };
    stampHeader({ ...marks, stepLevel: 0, flags: this.#flags() }, this.#bytes, 0);
    this.#sequence = (this.#sequence + 1) % 2 ** 32;
    this.#lastBytes = packetBytes(datagram.length);
    // A late timer does not delay later datagrams. But a host that slept does not make up for the time it slept.
    this.#lastUs = nowUs - dueUs < this.#gapUs(this.#lastBytes, true) ? dueUs : nowUs;
    this.#isBusy = true;
    const bytes = this.#bytes.subarray(0, datagram.length);
    void this.#socket.send([{ count: 1, bytes, datagramBytes: bytes.length }]).then(this.#goOn);
  }
}
