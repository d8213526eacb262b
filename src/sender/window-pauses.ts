import type { Clock, Destination } from '../base/ports.js';
import { type SendingWindows, windowAt } from '../wire/sending-windows.js';
import { type BroadcastObject, destinationsOf } from './broadcast-object.js';

/** The clock of the day may be set at any time, so it is looked at this often, also far from the ends of windows. */
const LOOK_US = 1e6;

interface Followed {
  readonly windows: SendingWindows;
  readonly destinations: readonly Destination[];
}

/** Pauses the channels of objects that have a schedule outside of their windows, by the clock of the day. */
export class WindowPauses {
  readonly #clock: Clock;
  readonly #setPaused: (destination: Destination, isPaused: boolean) => void;
  /** As many as there are objects on the air. */
  readonly #followed = new Map<BroadcastObject, Followed>();
  #cancelLook: () => void = () => undefined;

  constructor(clock: Clock, setPaused: (destination: Destination, isPaused: boolean) => void) {
    this.#clock = clock;
    this.#setPaused = setPaused;
  }

  /** Keeps the object to the schedule of its descriptor from now on; one without a schedule is left alone. */
  follow(object: BroadcastObject): void {
    const { schedule: windows } = object.publication.descriptor;
    if (windows === undefined) {
      this.forget(object);
      return;
    }
    this.#followed.set(object, { windows, destinations: destinationsOf(object) });
    this.#look();
  }

  /** Takes the pauses of an object back. */
  forget(object: BroadcastObject): void {
    const followed = this.#followed.get(object);
    if (followed === undefined) return;
    this.#followed.delete(object);
    for (const destination of followed.destinations) this.#setPaused(destination, false);
  }

  stop(): void {
    this.#cancelLook();
    this.#followed.clear();
  }

  #look(): void {
    this.#cancelLook();
    if (this.#followed.size === 0) return;
    const wallUs = this.#clock.wallUs();
    let waitUs = LOOK_US;
    for (const { windows, destinations } of this.#followed.values()) {
      const { isOpen, changesS } = windowAt(windows, wallUs / 1e6);
      waitUs = Math.min(waitUs, changesS * 1e6 - wallUs);
      for (const destination of destinations) this.#setPaused(destination, !isOpen);
    }
    this.#cancelLook = this.#clock.schedule(this.#clock.nowUs() + Math.max(1, Math.ceil(waitUs)), () => this.#look());
  }
}
