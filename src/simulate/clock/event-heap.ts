/** A callback at a time; `callback` is undefined once the event has been cancelled. */
export interface ScheduledEvent {
  readonly atUs: number;
  readonly order: number;
  /** Whether the callback runs no code that uses promises, unless it calls `VirtualClock.stir`. */
  readonly isQuiet: boolean;
  callback: (() => void) | undefined;
}

/**
 * A binary heap of events, ordered by time and then by the order in which they were added. Cancelled events are removed when
 * their time comes.
 */
export class EventHeap {
  readonly #events: ScheduledEvent[] = [];
  #order = 0;

  push(atUs: number, callback: () => void, isQuiet: boolean): ScheduledEvent {
    const event = { atUs, order: this.#order++, isQuiet, callback };
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(event, events[parent]!)) break;
      events[at] = events[parent]!;
      at = parent;
    }
    events[at] = event;
    return event;
  }

  /** Takes out the next event that is not cancelled, if its time is not after `untilUs`. */
  takeUntil(untilUs: number): ScheduledEvent | undefined {
    for (;;) {
      const first = this.#events[0];
      if (first === undefined || first.atUs > untilUs) return undefined;
      this.#removeFirst();
      if (first.callback !== undefined) return first;
    }
  }

  #removeFirst(): void {
    const events = this.#events;
    const last = events.pop()!;
    if (events.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child++;
      if (!isBefore(events[child]!, last)) break;
      events[at] = events[child]!;
      at = child;
    }
    events[at] = last;
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
