import type { AgentWorld } from '../../../dist/agent/ports.js';
import { HostClock } from '../../../dist/simulate/clock/host-clock.js';
import type { VirtualClock } from '../../../dist/simulate/clock/virtual-clock.js';

/** One life of a device, from boot to a power cut: what it scheduled does not happen after its end. */
export class Life {
  readonly #clock: VirtualClock;
  #isOver = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  end(): void {
    this.#isOver = true;
  }

  at(inUs: number, then: () => void): void {
    this.#clock.at(this.#clock.nowUs + inUs, () => {
      if (!this.#isOver) then();
    });
  }

  /** Resolves to what `then` returns, or never, if this life ends before. */
  later<T>(inUs: number, then: () => T): Promise<T> {
    return new Promise((resolve) => this.at(inUs, () => resolve(then())));
  }

  clockOf(inner: SteppedClock): AgentWorld['clock'] {
    return {
      nowUs: () => inner.nowUs(),
      wallUs: () => inner.wallUs(),
      schedule: (atUs, callback) =>
        inner.schedule(atUs, () => {
          if (!this.#isOver) callback();
        }),
    };
  }
}

/** A clock whose time of day somebody sets now and then. */
export class SteppedClock extends HostClock {
  readonly #stepUs: () => number;

  constructor(virtual: VirtualClock, stepUs: () => number) {
    super(virtual);
    this.#stepUs = stepUs;
  }

  override wallUs(): number {
    return super.wallUs() + this.#stepUs();
  }
}
