import pLimit from 'p-limit';
import type { Geometry } from '../../object/geometry.js';
import { Page } from './page.js';

/**
 * Bytes of a page, about: 64 symbols of 1184 bytes, or 256 where symbols come in order. On 2 cores (bench/store.ts), a symbol
 * that comes in order costs all threads together 1.04 µs with pages of 64 symbols and 0.65 µs with pages of 256. In runs of 32
 * in many parts of the object, a symbol costs 1.6 µs with pages of 64 and 1.9 µs with pages of 256. With the smaller pages, the
 * cache can collect symbols in four times as many parts of the object, some 220.
 */
const PAGE_BYTES = { scattered: 75_776, inOrder: 303_104 } as const;
/** Bytes of all pages: a disk may stand still for 0.13 s at 1 Gbit/s before symbols are dropped. */
const CACHE_BYTES = 16 * 2 ** 20;
/** Pages that are written at once. With 2 pages, the pool's threads go to sleep in between, which costs a third more; 8 gain nothing. */
const CONCURRENT_PAGES = 4;

/** Whether symbols come in order, in few parts of the object, or scattered over many parts. */
export type Arrival = keyof typeof PAGE_BYTES;

export interface PageCacheOptions {
  readonly geometry: Geometry;
  /** Writes all of `bytes` at byte `position` of the file. */
  readonly writeAt: (bytes: Uint8Array, position: number) => Promise<void>;
  /** How symbols are going to come. @default scattered */
  readonly arrival?: Arrival | undefined;
  /** @default as many as make a page of about 74 KiB or, for symbols in order, 296 KiB; 32 at least */
  readonly pageSymbolCount?: number | undefined;
  /** @default as many as make 16 MiB; 8 at least */
  readonly pageCount?: number | undefined;
}

/**
 * Collects symbols into pages, so that each write to the file has some 64 symbols and the receiving loop never waits. A page is
 * written when it is full, or when few pages are free and it has rested longest. When all pages hold bytes that are not yet
 * written, the cache refuses symbols.
 *
 * After a failed write, the cache refuses all symbols and keeps the bytes that could not be written, until a `drain` succeeds.
 */
export class PageCache {
  readonly pageSymbolCount: number;
  readonly pageCount: number;
  readonly #geometry: Geometry;
  readonly #writeAt: (bytes: Uint8Array, position: number) => Promise<void>;
  readonly #limit = pLimit(CONCURRENT_PAGES);
  /** Pages in use by their number within the object. */
  readonly #used = new Map<number, Page>();
  readonly #free: Page[] = [];
  /** How many pages should be free or on their way to the file. */
  readonly #reserveCount: number;
  #createdCount = 0;
  #writingCount = 0;
  #touches = 0;
  #recent: Page | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: PageCacheOptions) {
    const { geometry, arrival = 'scattered' } = options;
    this.#geometry = geometry;
    this.#writeAt = options.writeAt;
    this.pageSymbolCount =
      options.pageSymbolCount ?? Math.max(1, Math.round(PAGE_BYTES[arrival] / geometry.symbolBytes / 32)) * 32;
    this.pageCount =
      options.pageCount ?? Math.max(8, Math.floor(CACHE_BYTES / (this.pageSymbolCount * geometry.symbolBytes)));
    this.#reserveCount = Math.floor(this.pageCount / 4);
  }

  /** Takes a symbol; false, with nothing taken, when no page is free or after a failed write. */
  put(place: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#failure !== undefined) return false;
    const index = Math.floor(place / this.pageSymbolCount);
    let page = this.#recent;
    if (page === undefined || page.index !== index) {
      page = this.#used.get(index) ?? this.#take(index);
      if (page === undefined) return false;
      this.#recent = page;
    }
    page.touchedAt = ++this.#touches;
    page.put(place - index * this.pageSymbolCount, bytes, start, length);
    if (page.writing === undefined && page.dirtyCount >= this.#placeCount(index)) this.#startWriting(page);
    return true;
  }

  /** Fills `into` with the first bytes of a place; false, with nothing copied, when they are in the file. */
  copyHeld(place: number, into: Uint8Array): boolean {
    const index = Math.floor(place / this.pageSymbolCount);
    const page = this.#used.get(index);
    const entry = place - index * this.pageSymbolCount;
    if (page === undefined || !page.holds(entry)) return false;
    const start = entry * this.#geometry.symbolBytes;
    into.set(page.bytes.subarray(start, start + into.length));
    return true;
  }

  /** Resolves when everything put before the call is in the file (not yet on disk); rejects with the failure of a write. */
  async drain(): Promise<void> {
    this.#fail(undefined);
    await Promise.all([...this.#used.values()].map((page) => this.#settle(page, page.index)));
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * Resolves when places `first .. first + count` are in the file (not yet on disk) and nowhere else; none of them may be
   * put meanwhile. Rejects with the failure of a write.
   */
  async release(first: number, count: number): Promise<void> {
    const firstPage = Math.floor(first / this.pageSymbolCount);
    const endPage = Math.ceil((first + count) / this.pageSymbolCount);
    const pages = () => [...this.#used.values()].filter(({ index }) => index >= firstPage && index < endPage);
    await Promise.all(pages().map((page) => this.#settle(page, page.index)));
    if (this.#failure !== undefined) throw this.#failure.error;
    for (const page of pages()) {
      const pageStart = page.index * this.pageSymbolCount;
      page.release(Math.max(0, first - pageStart), Math.min(this.pageSymbolCount, first + count - pageStart));
    }
  }

  /** Resolves when no write is under way any more. */
  async rest(): Promise<void> {
    while (this.#writingCount > 0) await Promise.all([...this.#used.values()].map((page) => page.writing));
  }

  async #settle(page: Page, index: number): Promise<void> {
    await page.writing;
    // The page may meanwhile be used for another part of the object.
    if (page.index !== index) return;
    // That write may have begun before the latest symbols came. Another write of these symbols may be under way already.
    if (page.writing !== undefined) await page.writing;
    else if (page.dirtyCount > 0) await this.#startWriting(page);
  }

  #take(index: number): Page | undefined {
    const page = this.#free.pop() ?? this.#create();
    if (page !== undefined) {
      page.index = index;
      this.#used.set(index, page);
    }
    const availableCount = this.#free.length + this.pageCount - this.#createdCount;
    if (availableCount + this.#writingCount < Math.max(1, this.#reserveCount)) this.#writeOldest(page);
    return page;
  }

  #create(): Page | undefined {
    if (this.#createdCount === this.pageCount) return undefined;
    this.#createdCount++;
    return new Page(this.pageSymbolCount, this.#geometry.symbolBytes);
  }

  #writeOldest(spared: Page | undefined): void {
    let oldest: Page | undefined;
    for (const page of this.#used.values()) {
      const idle = page.writing === undefined && page !== spared;
      if (idle && (oldest === undefined || page.touchedAt < oldest.touchedAt)) oldest = page;
    }
    if (oldest !== undefined) this.#startWriting(oldest);
  }

  #startWriting(page: Page): Promise<void> {
    this.#writingCount++;
    page.writing = this.#limit(() => this.#writeRuns(page)).then(
      () => this.#endWriting(page),
      (error) => {
        this.#fail({ error });
        page.returnFlight();
        this.#endWriting(page);
      },
    );
    return page.writing;
  }

  async #writeRuns(page: Page): Promise<void> {
    const { symbolBytes, sizeBytes } = this.#geometry;
    const pageStart = page.index * this.pageSymbolCount * symbolBytes;
    const runs = page.takeDirtyRuns();
    const writes: Promise<void>[] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const start = runs[i]! * symbolBytes;
      const end = Math.min(start + runs[i + 1]! * symbolBytes, sizeBytes - pageStart);
      writes.push(this.#writeAt(page.bytes.subarray(start, end), pageStart + start));
    }
    // Until the last write has ended, the page's memory must not be used for other symbols.
    const failed = (await Promise.allSettled(writes)).find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  #endWriting(page: Page): void {
    this.#writingCount--;
    page.writing = undefined;
    if (page.dirtyCount > 0) {
      // Symbols came while others were written. If the page is full again, it is written again at once.
      if (this.#failure === undefined && page.dirtyCount >= this.#placeCount(page.index)) this.#startWriting(page);
      return;
    }
    this.#used.delete(page.index);
    page.free();
    this.#free.push(page);
  }

  #fail(failure: { readonly error: unknown } | undefined): void {
    this.#failure = failure;
  }

  /** Places of the object on a page; the last page may have fewer. */
  #placeCount(index: number): number {
    return Math.min(this.pageSymbolCount, this.#geometry.symbolCount - index * this.pageSymbolCount);
  }
}
