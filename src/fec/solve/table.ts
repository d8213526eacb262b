import type { Plan } from '../kernels/program.js';
import { kernel } from '../kernels/thread-kernel.js';

/** A larger table is processed in slices of all its symbols. 25,000 symbols of 1280 bytes fit. */
const MAX_TABLE_BYTES = 32 * 2 ** 20;

/** Symbols back to back in memory, each `symbolBytes` long. */
export interface Symbols {
  readonly bytes: Uint8Array;
  readonly symbolBytes: number;
}

/** A part of every symbol, as rows of a table: bytes `offset` to `offset + width` of each symbol. */
export interface Slice {
  readonly table: Uint8Array;
  readonly strideBytes: number;
  readonly offset: number;
  readonly width: number;
}

/**
 * Runs a plan over symbols of `symbolBytes`, one slice of them after the other.
 *
 * @param load copies the slice of the known symbols into the table
 * @param store copies the slice of the results out of the table
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

/** Copies the rows from `row` on to symbols `from` to `from + count - 1`. */
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

/**
 * From row to row of a table, for rows of so many bytes. A row starts at a multiple of 32 bytes. The stride is no multiple of 512, or all rows would compete for a few lines of the
 * cache.
 */
export function strideFor(width: number): number {
  const stride = Math.ceil(width / 32) * 32;
  return stride % 512 === 0 ? stride + 32 : stride;
}

/** Moves the symbols in the first `count` rows together, so that they lie back to back. */
export function closeGaps(rows: Uint8Array, strideBytes: number, count: number, symbolBytes: number): void {
  if (strideBytes === symbolBytes) return;
  for (let row = 1; row < count; row++) {
    rows.copyWithin(row * symbolBytes, row * strideBytes, row * strideBytes + symbolBytes);
  }
}
