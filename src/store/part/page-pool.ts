import type { Page } from './page.js';

/** The pages of a cache: made when they are first needed, used for a part of the object, and then free for another part. */
export class PagePool {
  readonly #pageCount: number;
  readonly #makePage: () => Page;
  /** Pages in use by their number within the object. */
  readonly #used = new Map<number, Page>();
  readonly #free: Page[] = [];
  #createdCount = 0;

  /** @param pageCount how many pages there are at most. */
  constructor(pageCount: number, makePage: () => Page) {
    this.#pageCount = pageCount;
    this.#makePage = makePage;
  }

  /** The page that is used for this part of the object; undefined if none is. */
  of(index: number): Page | undefined {
    return this.#used.get(index);
  }

  /** Uses a free page for a part of the object; undefined if none is free. */
  take(index: number): Page | undefined {
    const page = this.#free.pop() ?? this.#create();
    if (page === undefined) return undefined;
    page.index = index;
    this.#used.set(index, page);
    return page;
  }

  /** Takes back a page of which nothing has to be written any more. */
  putBack(page: Page): void {
    this.#used.delete(page.index);
    page.free();
    this.#free.push(page);
  }

  /** Pages that are free, those that were not made yet among them. */
  get freeCount(): number {
    return this.#free.length + this.#pageCount - this.#createdCount;
  }

  /** The pages in use, also while some of them are put back. */
  get used(): readonly Page[] {
    return [...this.#used.values()];
  }

  /** The page in use that has rested longest, of those that are not being written. @param spared does not count */
  oldestIdle(spared: Page | undefined): Page | undefined {
    let oldest: Page | undefined;
    for (const page of this.#used.values()) {
      const isIdle = page.writing === undefined && page !== spared;
      if (isIdle && (oldest === undefined || page.touchedAt < oldest.touchedAt)) oldest = page;
    }
    return oldest;
  }

  #create(): Page | undefined {
    if (this.#createdCount === this.#pageCount) return undefined;
    this.#createdCount++;
    return this.#makePage();
  }
}
