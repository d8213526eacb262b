import type { Path } from './path.js';

/** Of so many retreats of one path, this share met congestion on the other as well: they share a bottleneck. */
const EVENTS = 4;
const SHARED_EVENTS = 3;

/**
 * Which paths of a receiver share a bottleneck, by whether congestion comes to them at the same time. Until there have been
 * enough events to tell, they are taken for sharing: too careful is better than too much.
 */
export class SharedBottlenecks {
  /** Of each pair, whether its last events were common; the newest first. */
  readonly #events = new Map<string, boolean[]>();

  /** One path retreats: what about the others? */
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
