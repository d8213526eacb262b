import type { Clock } from '../base/ports.js';

/** A record of the database: a text under a key of its kind; without a text, it is removed. */
export interface Change {
  readonly kind: Kind;
  readonly key: string;
  readonly text: string | undefined;
}

export type Kind = 'device' | 'trigger' | 'record';

/** Where records are over restarts. */
export interface RecordStore {
  all(kind: string): Iterable<{ readonly key: string; readonly text: string }>;
  /** All or none; durable when it returns. @throws {LayercastError} */
  write(changes: Iterable<Change>): void;
}

/** Changes of devices that come within this time are written together: one flush of the disk. */
const GAP_US = 1e6;
/** A write keeps the event loop busy, for 15 ms with this many records. What is left follows at once. */
const MAX_CHANGES = 500;

/** Writes what has changed: of each record only its newest text, made when it is written. */
export class Keeper {
  readonly #store: RecordStore;
  readonly #clock: Clock;
  readonly #textOf: (kind: Kind, key: string) => string | undefined;
  readonly #onFailure: (error: unknown) => void;
  /** The keys of changed records, with the kind in front. At most as many as there are devices and triggers, and those removed since. */
  readonly #changed = new Set<string>();
  #cancelTimer: (() => void) | undefined;

  /** @param textOf what a record is to say now; undefined: there is none any more */
  constructor(
    store: RecordStore,
    clock: Clock,
    textOf: (kind: Kind, key: string) => string | undefined,
    onFailure: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#textOf = textOf;
    this.#onFailure = onFailure;
  }

  /** Records that are not written yet. */
  get changedCount(): number {
    return this.#changed.size;
  }

  note(kind: Kind, key: string): void {
    this.#changed.add(`${kind} ${key}`);
    this.#await(GAP_US);
  }

  /** Writes these records now. @throws {LayercastError} if the disk refuses */
  writeNow(records: readonly (readonly [kind: Kind, key: string])[]): void {
    this.#write(records.map(([kind, key]) => `${kind} ${key}`));
  }

  /** Writes the rest, if it can. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = () => undefined;
    while (this.#changed.size > 0 && this.#writeSome()) {
      // Another part is left.
    }
  }

  #await(us: number): void {
    this.#cancelTimer ??= this.#clock.schedule(this.#clock.nowUs() + us, () => {
      this.#cancelTimer = undefined;
      const isMore = this.#changed.size > MAX_CHANGES;
      const isWritten = this.#writeSome();
      if (this.#changed.size > 0) this.#await(isMore && isWritten ? 0 : GAP_US);
    });
  }

  /** @returns false if the disk refuses: it is tried again later */
  #writeSome(): boolean {
    try {
      this.#write([...this.#first()]);
      return true;
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
  }

  #write(names: readonly string[]): void {
    const changes = names.map((name) => {
      const end = name.indexOf(' ');
      const [kind, key] = [name.slice(0, end) as Kind, name.slice(end + 1)];
      return { kind, key, text: this.#textOf(kind, key) };
    });
    this.#store.write(changes);
    for (const name of names) this.#changed.delete(name);
  }

  *#first(): Iterable<string> {
    let count = 0;
    for (const name of this.#changed) {
      if (count++ === MAX_CHANGES) return;
      yield name;
    }
  }
}
