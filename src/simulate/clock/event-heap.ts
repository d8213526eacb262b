import { TimeHeap, type Waiting } from '../../base/time-heap.js';

/** A callback at a time; `callback` is undefined once the event has been cancelled. */
export interface ScheduledEvent extends Waiting {
  /** Whether the callback runs no code that uses promises, unless it calls `VirtualClock.stir`. */
  readonly isQuiet: boolean;
  callback: (() => void) | undefined;
}

/** Events in the order of their times. Cancelled events are removed when their time comes. */
export class EventHeap {
  readonly #heap = new TimeHeap<ScheduledEvent>();

  push(atUs: number, callback: () => void, isQuiet: boolean): ScheduledEvent {
    const event: ScheduledEvent = { atUs, order: 0, heapIndex: -1, isQuiet, callback };
    this.#heap.add(event);
    return event;
  }

  /** Takes out the next event that is not cancelled, if its time is not after `untilUs`. */
  takeUntil(untilUs: number): ScheduledEvent | undefined {
    for (;;) {
      const { first } = this.#heap;
      if (first === undefined || first.atUs > untilUs) return undefined;
      this.#heap.remove(first);
      if (first.callback !== undefined) return first;
    }
  }
}
