import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Geometry } from '../../object/geometry.js';
import type { DirectWriter } from './direct-writes.js';
import { addGap, Page } from './page.js';
import { PagePool } from './page-pool.js';
import { type Arrival, pageCount, pageSymbolCount } from './page-sizes.js';

/** Pages of this size together are written in one turn of the calling thread, in half a millisecond. */
const TURN_BYTES = 2 ** 20;
/** Pages that are written at once. With 2 pages, the pool's threads go to sleep in between, which costs a third more; 8 gain nothing. */
const CONCURRENT_PAGES = 4;

export interface PageCacheOptions {
  readonly geometry: Geometry;
  /** Writes all of `bytes` at byte `position` of the file. */
  readonly writeAt: (bytes: Uint8Array, position: number) => Promise<void>;
  /** Writes pages in the calling thread whenever it is ready; `writeAt` writes the others. @default none */
  readonly direct?: DirectWriter | undefined;
  /**
   * Called for each run of places just before it is written, with the bytes; again if a write has failed. Places of a run that are
   * put anew meanwhile come again, too.
   */
  readonly onWrite?: ((first: number, count: number, bytes: Uint8Array) => void) | undefined;
  /** How symbols are going to come. @default scattered */
  readonly arrival?: Arrival | undefined;
  /** @default about 74 KiB or, for symbols in order, 296 KiB; less if there would not be a page for each block */
  readonly pageSymbolCount?: number | undefined;
  /** @default as many as make 8 MiB; 8 at least */
  readonly pageCount?: number | undefined;
}

/**
 * Collects symbols into pages, so that each write to the file has some 64 symbols and the receiving loop never waits for long. A
 * page is written when it is full, or when few pages are free and it has rested longest. When all pages hold bytes that are not
 * yet written, the cache refuses symbols.
 *
 * After a failed write, the cache refuses all symbols and keeps the bytes that could not be written, until a `drain` succeeds.
 */
export class PageCache {
  readonly pageSymbolCount: number;
  readonly pageCount: number;
  readonly #geometry: Geometry;
  readonly #writeAt: (bytes: Uint8Array, position: number) => Promise<void>;
  readonly #direct: DirectWriter | undefined;
  readonly #onWrite: (first: number, count: number, bytes: Uint8Array) => void;
  readonly #limit = pLimit(CONCURRENT_PAGES);
  readonly #pages: PagePool;
  /** How many pages should be free or on their way to the file. */
  readonly #reserveCount: number;
  #writingCount = 0;
  #touches = 0;
  #recent: Page | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: PageCacheOptions) {
    const { geometry, arrival = 'scattered' } = options;
    this.#geometry = geometry;
    this.#writeAt = options.writeAt;
    this.#direct = options.direct;
    this.#onWrite = options.onWrite ?? (() => undefined);
    this.pageSymbolCount = options.pageSymbolCount ?? pageSymbolCount(geometry, arrival);
    this.pageCount = options.pageCount ?? pageCount(geometry, this.pageSymbolCount);
    this.#pages = new PagePool(this.pageCount, () => new Page(this.pageSymbolCount, geometry.symbolBytes));
    this.#reserveCount = Math.floor(this.pageCount / 4);
  }

  /** Takes a symbol; false, with nothing taken, when no page is free or after a failed write. */
  put(place: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#failure !== undefined) return false;
    const index = Math.floor(place / this.pageSymbolCount);
    let page = this.#recent;
    if (page === undefined || page.index !== index) {
      page = this.#pages.of(index) ?? this.#take(index);
      if (page === undefined) return false;
      this.#recent = page;
    }
    page.touchedAt = ++this.#touches;
    page.put(place - index * this.pageSymbolCount, bytes, start, length);
    if (page.writing === undefined && page.dirtyCount >= this.#placeCount(index)) this.#startWriting(page);
    return true;
  }

  /**
   * Fills `into` with the bytes from the start of place `first` on, as far as they are held, and returns the gaps as flat pairs
   * [start, end, …] of positions in `into`: the bytes there are in the file.
   */
  copyHeld(first: number, into: Uint8Array): number[] {
    const gaps: number[] = [];
    const pageBytes = this.pageSymbolCount * this.#geometry.symbolBytes;
    const firstPage = Math.floor(first / this.pageSymbolCount);
    let start = 0;
    let inPage = (first - firstPage * this.pageSymbolCount) * this.#geometry.symbolBytes;
    for (let index = firstPage; start < into.length; index++, inPage = 0) {
      const end = Math.min(into.length, start + pageBytes - inPage);
      const page = this.#pages.of(index);
      if (page === undefined) addGap(gaps, start, end);
      else page.copyHeld(inPage, into, start, end, gaps);
      start = end;
    }
    return gaps;
  }

  /** Resolves when everything put before the call is in the file (not yet on disk); rejects with the failure of a write. */
  async drain(): Promise<void> {
    this.#fail(undefined);
    await this.#settleAll(this.#pages.used);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * Resolves when places `first .. first + count` are in the file (not yet on disk) and nowhere else; none of them may be
   * put meanwhile. Rejects with the failure of a write.
   */
  async release(first: number, count: number): Promise<void> {
    const firstPage = Math.floor(first / this.pageSymbolCount);
    const endPage = Math.ceil((first + count) / this.pageSymbolCount);
    const pages = () => this.#pages.used.filter(({ index }) => index >= firstPage && index < endPage);
    await this.#settleAll(pages());
    if (this.#failure !== undefined) throw this.#failure.error;
    for (const page of pages()) {
      const pageStart = page.index * this.pageSymbolCount;
      page.release(Math.max(0, first - pageStart), Math.min(this.pageSymbolCount, first + count - pageStart));
    }
  }

  /** Resolves when no write is under way any more. */
  async rest(): Promise<void> {
    while (this.#writingCount > 0) await Promise.all(this.#pages.used.map((page) => page.writing));
  }

  /** Puts what pages hold into the file, with turns for others after each group of pages. */
  async #settleAll(pages: readonly Page[]): Promise<void> {
    const indices = pages.map(({ index }) => index);
    const groupSize = Math.max(1, Math.floor(TURN_BYTES / (this.pageSymbolCount * this.#geometry.symbolBytes)));
    for (let first = 0; first < pages.length; first += groupSize) {
      if (first > 0) await setImmediate();
      const group = pages.slice(first, first + groupSize);
      await Promise.all(group.map((page, i) => this.#settle(page, indices[first + i]!)));
    }
  }

  async #settle(page: Page, index: number): Promise<void> {
    await page.writing;
    // The page may meanwhile be used for another part of the object.
    if (page.index !== index) return;
    // That write may have begun before the latest symbols came. Another write of these symbols may be under way already.
    if (page.writing !== undefined) await page.writing;
    else if (page.dirtyCount > 0) await this.#startWriting(page);
  }

  /** Uses a free page, and sees to it that others become free in time. */
  #take(index: number): Page | undefined {
    const page = this.#pages.take(index);
    if (this.#pages.freeCount + this.#writingCount < Math.max(1, this.#reserveCount)) {
      const oldest = this.#pages.oldestIdle(page);
      if (oldest !== undefined) this.#startWriting(oldest);
    }
    return page;
  }

  /** Writes the dirty entries of a page. Resolves, and never rejects, when they are in the file or have failed. */
  #startWriting(page: Page): Promise<void> | undefined {
    if (this.#direct?.isReady) {
      this.#writeDirectly(page, this.#direct);
      return undefined;
    }
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

  #writeDirectly(page: Page, direct: DirectWriter): void {
    try {
      this.#eachRun(page, (bytes, position) => direct.write(bytes, position));
      this.#pages.putBack(page);
    } catch (error) {
      this.#fail({ error });
      page.returnFlight();
    }
  }

  async #writeRuns(page: Page): Promise<void> {
    const writes: Promise<void>[] = [];
    this.#eachRun(page, (bytes, position) => writes.push(this.#writeAt(bytes, position)));
    // Until the last write has ended, the page's memory must not be used for other symbols.
    const failed = (await Promise.allSettled(writes)).find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Puts the dirty entries of a page in flight, and hands them on in runs. */
  #eachRun(page: Page, write: (bytes: Uint8Array, position: number) => void): void {
    const { symbolBytes, sizeBytes } = this.#geometry;
    const firstPlace = page.index * this.pageSymbolCount;
    const pageStart = firstPlace * symbolBytes;
    const runs = page.takeDirtyRuns();
    for (let i = 0; i < runs.length; i += 2) {
      const start = runs[i]! * symbolBytes;
      const end = Math.min(start + runs[i + 1]! * symbolBytes, sizeBytes - pageStart);
      const bytes = page.bytes.subarray(start, end);
      this.#onWrite(firstPlace + runs[i]!, runs[i + 1]!, bytes);
      write(bytes, pageStart + start);
    }
  }

  #endWriting(page: Page): void {
    this.#writingCount--;
    page.writing = undefined;
    if (page.dirtyCount > 0) {
      // Symbols came while others were written. If the page is full again, it is written again at once.
      if (this.#failure === undefined && page.dirtyCount >= this.#placeCount(page.index)) this.#startWriting(page);
      return;
    }
    this.#pages.putBack(page);
  }

  #fail(failure: { readonly error: unknown } | undefined): void {
    this.#failure = failure;
  }

  /** Places of the object on a page; the last page may have fewer. */
  #placeCount(index: number): number {
    return Math.min(this.pageSymbolCount, this.#geometry.symbolCount - index * this.pageSymbolCount);
  }
}
