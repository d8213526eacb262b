import type { Clock } from '../ports.js';
import type { Transmission } from './transmission.js';

/**
 * Keeps any number of transmissions going with one timer. Channels come and go while it runs; the others notice nothing.
 */
export class SenderDriver {
  readonly #clock: Clock;
  readonly #transmissions = new Set<Transmission>();
  #cancelTimer: (() => void) | undefined;
  #timerUs = Number.POSITIVE_INFINITY;
  readonly #wake = () => this.#arm();
  readonly #fire = () => this.#pumpDue();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts a transmission that has been opened. */
  add(transmission: Transmission): void {
    transmission.channel.begin(this.#clock.nowUs());
    this.#transmissions.add(transmission);
    this.#arm();
  }

  /** Stops a transmission and closes its socket. */
  remove(transmission: Transmission): void {
    this.#transmissions.delete(transmission);
    transmission.close();
  }

  close(): void {
    for (const transmission of this.#transmissions) this.remove(transmission);
    this.#cancelTimer?.();
  }

  #pumpDue(): void {
    this.#cancelTimer = undefined;
    this.#timerUs = Number.POSITIVE_INFINITY;
    const nowUs = this.#clock.nowUs();
    for (const transmission of this.#transmissions) {
      if (transmission.nextDueUs <= nowUs) transmission.pump(nowUs, this.#wake);
    }
    this.#arm();
  }

  /** Sets the timer for the earliest datagram, unless it is set for that or earlier. */
  #arm(): void {
    let dueUs = Number.POSITIVE_INFINITY;
    for (const transmission of this.#transmissions) dueUs = Math.min(dueUs, transmission.nextDueUs);
    if (dueUs >= this.#timerUs) return;
    this.#cancelTimer?.();
    this.#timerUs = dueUs;
    this.#cancelTimer = this.#clock.schedule(dueUs, this.#fire);
  }
}
