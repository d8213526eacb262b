import type { Plan } from '../kernels/program.js';
import { kernel } from '../kernels/thread-kernel.js';

/** A table larger than this is worked on in slices of all its symbols; 25,000 symbols of 1280 bytes fit. */
const MAX_TABLE_BYTES = 32 * 2 ** 20;

/** Symbols side by side in memory, each `symbolBytes` long. */
export interface Symbols {
  readonly bytes: Uint8Array;
  readonly symbolBytes: number;
}

/** Part of every symbol, as rows of a table: bytes `offset` to `offset + width` of each. */
export interface Slice {
  readonly table: Uint8Array;
  readonly strideBytes: number;
  readonly offset: number;
  readonly width: number;
}

/**
 * Runs a plan over symbols of `symbolBytes`, one slice of them after the other.
 *
 * @param load puts the known symbols' part into the table
 * @param store takes the results' part out of it
 */
export function runPlan(
  plan: Plan,
  symbolBytes: number,
  load: (slice: Slice) => void,
  store: (slice: Slice) => void,
): void {
  const widest = Math.max(64, Math.floor(MAX_TABLE_BYTES / plan.symbolRowCount / 64) * 64);
  for (let offset = 0; offset < symbolBytes; offset += widest) {
    const width = Math.min(widest, symbolBytes - offset);
    const strideBytes = strideFor(width);
    const table = kernel().open(plan, strideBytes);
    const slice: Slice = { table, strideBytes, offset, width };
    load(slice);
    kernel().run();
    store(slice);
  }
}

/** Copies symbols `from` to `from + count - 1` into the rows from `row` on. */
export function loadRows(slice: Slice, row: number, symbols: Symbols, from: number, count: number): void {
  const { table, strideBytes, offset, width } = slice;
  const { bytes, symbolBytes } = symbols;
  if (width === symbolBytes && width === strideBytes) {
    table.set(bytes.subarray(from * symbolBytes, (from + count) * symbolBytes), row * strideBytes);
    return;
  }
  for (let i = 0; i < count; i++) {
    const start = (from + i) * symbolBytes + offset;
    table.set(bytes.subarray(start, start + width), (row + i) * strideBytes);
  }
}

/** The other way: rows from `row` on become symbols `from` to `from + count - 1`. */
export function storeRows(slice: Slice, row: number, symbols: Symbols, from: number, count: number): void {
  const { table, strideBytes, offset, width } = slice;
  const { bytes, symbolBytes } = symbols;
  if (width === symbolBytes && width === strideBytes) {
    bytes.set(table.subarray(row * strideBytes, (row + count) * strideBytes), from * symbolBytes);
    return;
  }
  for (let i = 0; i < count; i++) {
    const start = (row + i) * strideBytes;
    bytes.set(table.subarray(start, start + width), (from + i) * symbolBytes + offset);
  }
}

/** Rows lie on multiples of 32 bytes, but not of 512: those would all compete for the same few lines of the cache. */
function strideFor(width: number): number {
  const stride = Math.ceil(width / 32) * 32;
  return stride % 512 === 0 ? stride + 32 : stride;
}
