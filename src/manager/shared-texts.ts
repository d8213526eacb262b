/** What a text says, once for all that say the same. */
export interface Shared<T> {
  readonly text: string;
  readonly value: T;
  /** How many hold it; belongs to `SharedTexts`. */
  holderCount: number;
}

/**
 * Keeps what texts say. Most devices of a fleet have the same links and the same state, so a hundred thousand of them need a few texts. There are at
 * most as many texts as holders; whoever holds them has a bound.
 */
export class SharedTexts<T> {
  readonly #shared = new Map<string, Shared<T>>();

  /** Those that somebody holds. */
  get all(): Iterable<Shared<T>> {
    return this.#shared.values();
  }

  /** @param read is called if nobody holds the text yet */
  take(text: string, read: (text: string) => T): Shared<T> {
    const known = this.#shared.get(text);
    if (known !== undefined) {
      known.holderCount++;
      return known;
    }
    const made = { text, value: read(text), holderCount: 1 };
    this.#shared.set(text, made);
    return made;
  }

  release(shared: Shared<T>): void {
    shared.holderCount--;
    if (shared.holderCount === 0) this.#shared.delete(shared.text);
  }
}
