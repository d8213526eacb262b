import type { Clock } from '../base/ports.js';

/** Work that is done now and then again and again. */
export class Repeated {
  #cancel: () => void = () => undefined;
  readonly #clock: Clock;
  readonly #us: number;
  readonly #work: () => void;

  constructor(clock: Clock, us: number, work: () => void) {
    this.#clock = clock;
    this.#us = us;
    this.#work = work;
    this.#turn();
  }

  close(): void {
    this.#cancel();
  }

  #turn(): void {
    this.#work();
    this.#cancel = this.#clock.schedule(this.#clock.nowUs() + this.#us, () => this.#turn());
  }
}
