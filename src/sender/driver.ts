import type { Clock } from '../base/ports.js';
import type { Transmission } from './transmission.js';

/**
 * Runs any number of transmissions with one timer. Transmissions can be added and removed at any time; the others are not affected.
 */
export class SenderDriver {
  readonly #clock: Clock;
  /** Each transmission with the function that it calls when it can continue. */
  readonly #transmissions = new Map<Transmission, () => void>();
  #cancelTimer: (() => void) | undefined;
  #timerUs = Number.POSITIVE_INFINITY;
  readonly #fire = () => this.#pumpDue();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts a transmission that has been opened. */
  add(transmission: Transmission): void {
    transmission.channel.begin(this.#clock.nowUs());
    this.#transmissions.set(transmission, () => this.#arm(transmission.nextDueUs));
    this.#arm(transmission.nextDueUs);
  }

  /** Stops a transmission and closes its socket. */
  remove(transmission: Transmission): void {
    this.#transmissions.delete(transmission);
    transmission.close();
  }

  close(): void {
    for (const transmission of this.#transmissions.keys()) this.remove(transmission);
    this.#cancelTimer?.();
  }

  #pumpDue(): void {
    this.#cancelTimer = undefined;
    this.#timerUs = Number.POSITIVE_INFINITY;
    const nowUs = this.#clock.nowUs();
    let earliestUs = Number.POSITIVE_INFINITY;
    for (const [transmission, wake] of this.#transmissions) {
      let dueUs = transmission.nextDueUs;
      if (dueUs <= nowUs) {
        transmission.pump(nowUs, wake);
        dueUs = transmission.nextDueUs;
      }
      if (dueUs < earliestUs) earliestUs = dueUs;
    }
    this.#arm(earliestUs);
  }

  /** Sets the timer to `dueUs`, unless it is set to that time or an earlier one. */
  #arm(dueUs: number): void {
    if (dueUs >= this.#timerUs) return;
    this.#cancelTimer?.();
    this.#timerUs = dueUs;
    this.#cancelTimer = this.#clock.schedule(dueUs, this.#fire);
  }
}
