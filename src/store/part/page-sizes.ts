import type { Geometry } from '../../object/geometry.js';

/**
 * Bytes of a page at most, about: 64 symbols of 1184 bytes, or 256 where symbols come in order. On 2 cores (bench/store.ts), a symbol
 * that comes in order costs all threads together 1.04 µs with pages of 64 symbols and 0.65 µs with pages of 256. In runs of 32
 * in many parts of the object, a symbol costs 1.6 µs with pages of 64 and 1.9 µs with pages of 256.
 */
const PAGE_BYTES = { scattered: 75_776, inOrder: 303_104 } as const;
/**
 * Bytes of all pages. A disk may stand still for 0.07 s at 1 Gbit/s before symbols are dropped; symbols in order cost the
 * same with 16 MiB (bench/reception.ts, 1 Gbit/s on 2 busy cores: no drops, 3.4 and 3.5 µs a symbol), scattered ones more, for
 * the larger memory.
 */
const CACHE_BYTES = 8 * 2 ** 20;
/** Pages for each block, where blocks have their symbols in turn: one, and a third of all pages is free or on its way to the file. */
const PAGES_PER_BLOCK = 4 / 3;
/** Pages have a multiple of this many symbols: two of the runs in which a server sends symbols of a block (src/sender/schedule/ring.ts). */
const PAGE_STEP_SYMBOLS = 8;

/** Whether symbols come in order, in few parts of the object, or scattered over many parts. */
export type Arrival = keyof typeof PAGE_BYTES;

/**
 * How many symbols a page has. Scattered symbols come a few at a time of each block in turn. With fewer pages than blocks, the page that has rested longest is
 * always the one that is needed next, and each run is written by itself. With 413 blocks (10 GB) and runs of 4, a symbol costs 2.0 µs with pages of
 * 8 symbols and 4.5 µs with pages of 64 in 16 MiB.
 */
export function pageSymbolCount({ symbolBytes, blockCount }: Geometry, arrival: Arrival): number {
  const longest = Math.max(1, Math.round(PAGE_BYTES[arrival] / symbolBytes / PAGE_STEP_SYMBOLS)) * PAGE_STEP_SYMBOLS;
  if (arrival === 'inOrder') return longest;
  const fitting = CACHE_BYTES / symbolBytes / (PAGES_PER_BLOCK * blockCount);
  return Math.min(longest, Math.max(1, Math.floor(fitting / PAGE_STEP_SYMBOLS)) * PAGE_STEP_SYMBOLS);
}

/** How many pages of so many symbols there are: as many as make 8 MiB, 8 at least. */
export function pageCount({ symbolBytes }: Geometry, pageSymbolCount: number): number {
  return Math.max(8, Math.floor(CACHE_BYTES / (pageSymbolCount * symbolBytes)));
}
