/**
 * Things that were found and that nobody has taken yet: one side adds, the other iterates. Bounded: when it is full, the oldest
 * is dropped.
 */
export class FindingQueue<Item> implements AsyncIterable<Item> {
  readonly #maxCount: number;
  readonly #items: Item[] = [];
  #isClosed = false;
  #wake: () => void = () => undefined;

  /** @param maxCount items that may wait. */
  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  add(item: Item): void {
    if (this.#isClosed) return;
    if (this.#items.length >= this.#maxCount) this.#items.shift();
    this.#items.push(item);
    this.#wake();
  }

  /** Ends the iteration after what has been added before. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** For one reader. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#isClosed) return;
      else await this.#added();
    }
  }

  #added(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
