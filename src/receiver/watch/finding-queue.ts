/**
 * Findings that wait for their reader: one side adds them, the other iterates. When the queue is full, the oldest finding is
 * dropped.
 */
export class FindingQueue<Item> implements AsyncIterable<Item> {
  readonly #maxCount: number;
  readonly #items: Item[] = [];
  #isClosed = false;
  #wake: () => void = () => undefined;

  /** @param maxCount how many items may wait. */
  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  add(item: Item): void {
    if (this.#isClosed) return;
    if (this.#items.length >= this.#maxCount) this.#items.shift();
    this.#items.push(item);
    this.#wake();
  }

  /** Ends the iteration after the items that were added before. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** Iterates the items, for one reader. */
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
