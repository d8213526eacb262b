import type { Clock } from '../base/ports.js';
import type { DeviceObjects } from './device-objects.js';

/** How often the time is counted. Each look writes the journal's record of each object that is not announced. */
const LOOK_US = 3600e6;

/**
 * Forgets objects that their fleet has dropped. Only time counts in which the fleet is heard and the object is not announced, so that a gateway that
 * was off, or servers that are silent, cost nothing.
 */
export class DroppedObjects {
  readonly #objects: DeviceObjects;
  readonly #afterUs: number | undefined;
  readonly #clock: Clock;
  readonly #onLooked: () => void;
  #cancel: () => void = () => undefined;
  #work: Promise<void> = Promise.resolve();

  /**
   * @param afterUs how long an object is kept that is not announced; undefined: for ever
   * @param onLooked called after each look, in which objects could begin nothing
   */
  constructor(objects: DeviceObjects, afterUs: number | undefined, clock: Clock, onLooked: () => void) {
    this.#objects = objects;
    this.#afterUs = afterUs;
    this.#clock = clock;
    this.#onLooked = onLooked;
  }

  start(): void {
    const afterUs = this.#afterUs;
    if (afterUs === undefined) return;
    this.#cancel = this.#clock.schedule(this.#clock.nowUs() + LOOK_US, () => {
      this.#work = this.#look(afterUs).then(() => this.start());
    });
  }

  /** Resolves when nothing is being forgotten any more. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#work;
    this.#cancel();
  }

  async #look(afterUs: number): Promise<void> {
    if (!this.#objects.hasHeard) return;
    // What cannot be removed or written now is tried again at the next look.
    for (const object of this.#objects) await object.age(LOOK_US, afterUs).catch(() => undefined);
    this.#onLooked();
  }
}
