import { EventHeap, type ScheduledEvent } from './event-heap.js';

/** One turn of Node's event loop after this many events, so that a long simulation can be interrupted. */
const EVENTS_PER_TURN = 2 ** 16;

/**
 * Time that passes only when nothing is left to do: whole microseconds from 0. Events of the same time happen in the order in
 * which they were scheduled.
 *
 * The code under simulation uses promises. Between two events all of them settle: `process.nextTick` calls back when Node's
 * queue of promise reactions has run dry, however long the chains in it are, and takes 0.14 µs (setImmediate: 0.94 µs). What
 * is only packets moving along links needs none of that, and says so (`quietlyAt`, `stir`).
 *
 * Whatever waits for the real world (a file, a worker) is outside of virtual time and must not be used.
 */
export class VirtualClock {
  /** Events that have happened. */
  eventCount = 0;
  readonly #heap = new EventHeap();
  #nowUs = 0;
  #isStirred = false;

  get nowUs(): number {
    return this.#nowUs;
  }

  /** Calls back at `atUs`, or now if that has passed, after what is scheduled for the same time. */
  at(atUs: number, callback: () => void): ScheduledEvent {
    return this.#heap.push(Math.max(this.#nowUs, Math.ceil(atUs)), callback, false);
  }

  /** As `at`, for what runs no code with promises; where it comes to such code after all, it calls `stir`. */
  quietlyAt(atUs: number, callback: () => void): ScheduledEvent {
    return this.#heap.push(Math.max(this.#nowUs, Math.ceil(atUs)), callback, true);
  }

  /** Code that uses promises has run during this event. */
  stir(): void {
    this.#isStirred = true;
  }

  /**
   * Lets time pass until `untilUs` and all that is to happen by then has happened, or until `isOver` says so after an event.
   * What an event throws comes out here.
   */
  async run(untilUs: number, isOver: () => boolean = () => false): Promise<void> {
    await settled();
    while (!isOver()) {
      const event = this.#heap.takeUntil(untilUs);
      if (event === undefined) {
        this.#nowUs = Math.max(this.#nowUs, untilUs);
        return;
      }
      this.#nowUs = event.atUs;
      event.callback!();
      this.eventCount++;
      if (!event.isQuiet || this.#isStirred) {
        this.#isStirred = false;
        await settled();
      }
      if (this.eventCount % EVENTS_PER_TURN === 0) await new Promise(setImmediate);
    }
  }

  /**
   * Lets time pass until `promise` has settled, and returns what it did.
   * @throws {Error} when it has not by `limitUs`: a simulated thing that never ends is a finding, not a wait.
   */
  async until<T>(promise: Promise<T>, limitUs: number): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await this.run(limitUs, () => isSettled);
    if (!isSettled) throw new Error(`not settled at ${this.#nowUs / 1e6} s of virtual time`);
    return promise;
  }
}

/** Resolves when no promise reaction is left to run. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
