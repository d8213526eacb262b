import type { Path } from './path.js';

/** Two paths share a bottleneck if, in `SHARED_EVENTS` of the last `EVENTS` retreats of one, the other was congested too. */
const EVENTS = 4;
const SHARED_EVENTS = 3;

/**
 * Tells which paths of a receiver share a bottleneck, by whether they are congested at the same time. Until there have been
 * enough events, paths are assumed to share one: that makes the receiver careful.
 */
export class SharedBottlenecks {
  /** For each pair of paths, whether each of the last events was common to both; the newest first. */
  readonly #events = new Map<string, boolean[]>();

  /** Takes note of a retreat of one path and of whether the others have a queue now. */
  note(path: Path, others: readonly Path[]): void {
    for (const other of others) {
      const events = [other.controller.isQueued, ...this.#eventsOf(path, other)];
      this.#events.set(keyOf(path, other), events.slice(0, EVENTS));
    }
  }

  mayShare(path: Path, other: Path): boolean {
    const events = this.#eventsOf(path, other);
    return events.length < EVENTS || events.filter((isCommon) => isCommon).length >= SHARED_EVENTS;
  }

  #eventsOf(path: Path, other: Path): readonly boolean[] {
    return this.#events.get(keyOf(path, other)) ?? [];
  }
}

function keyOf({ server: a = 0 }: Path, { server: b = 0 }: Path): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
