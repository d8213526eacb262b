import type { BlockCode } from '../code.js';
import { degreeOf, random } from './random.js';

/** The longest row that `appendSymbol` writes: 30 columns of the sparse part, 3 of the permanent part. */
export const MAX_SYMBOL_TERMS = 33;
/** Columns of the permanent part in an LDPC check. */
const LDPC_PERMANENTS = 2;

/**
 * Rows of a sparse matrix over GF(2): row r has a one in each column `columns[i]`, `starts[r] <= i < starts[r + 1]`. From `permanents[r]` on
 * these are columns of the permanent part, before it of the sparse part.
 */
export interface SparseRows {
  readonly count: number;
  readonly starts: Int32Array;
  readonly permanents: Int32Array;
  readonly columns: Columns;
}

/** RFC 6330 has no code of more than 57,326 intermediate symbols. */
export type Columns = Uint16Array<ArrayBuffer>;

/**
 * The binary equations between intermediate symbols (the columns). The first S rows are the LDPC checks: the sum of each is zero.
 * Then comes one row for each of `ids` (numbers in the padded block): its sum is the symbol with this number.
 */
export function equationsFor(code: BlockCode, ids: ArrayLike<number>): SparseRows {
  const { ldpcCount, paddedCount } = code;
  const fixed = fixedEquations(code);
  const count = ldpcCount + ids.length;
  const starts = new Int32Array(count + 1);
  const permanents = new Int32Array(count);
  starts.set(fixed.starts.subarray(0, ldpcCount + 1));
  permanents.set(fixed.permanents.subarray(0, ldpcCount));
  let end = starts[ldpcCount]!;
  // The mean row has 10 terms; a matrix of nothing but long rows grows once or twice.
  let columns = new Uint16Array(end + 11 * ids.length + MAX_SYMBOL_TERMS);
  columns.set(fixed.columns.subarray(0, end));
  for (let i = 0; i < ids.length; i++) {
    if (end + MAX_SYMBOL_TERMS > columns.length) columns = enlarged(columns);
    const id = ids[i]!;
    const row = ldpcCount + i;
    if (id < paddedCount) {
      const from = fixed.starts[ldpcCount + id]!;
      const to = fixed.starts[ldpcCount + id + 1]!;
      permanents[row] = end + fixed.permanents[ldpcCount + id]! - from;
      for (let at = from; at < to; at++) columns[end++] = fixed.columns[at]!;
    } else {
      end = appendSymbol(code, id, columns, end);
      permanents[row] = permanentStart(code, columns, end);
    }
    starts[row + 1] = end;
  }
  return { count, starts, permanents, columns };
}

let lastFixed: { readonly code: BlockCode; readonly rows: SparseRows } | undefined;

/**
 * The equations that all blocks of a padded size have in common: the LDPC checks, and then one for each symbol of the padded block. Those of
 * the last size are kept, half a megabyte for 16,384 symbols: the blocks of an object have one padded size, or two.
 */
export function fixedEquations(code: BlockCode): SparseRows {
  if (lastFixed?.code.paddedCount !== code.paddedCount) lastFixed = { code, rows: newFixedEquations(code) };
  return lastFixed.rows;
}

function newFixedEquations(code: BlockCode): SparseRows {
  const { ldpcCount, ltCount, paddedCount } = code;
  const count = ldpcCount + paddedCount;
  const starts = new Int32Array(count + 1);
  const permanents = new Int32Array(count);
  let columns = new Uint16Array(3 * ltCount + 11 * paddedCount + MAX_SYMBOL_TERMS);
  let end = appendChecks(code, starts, columns);
  for (let row = 0; row < ldpcCount; row++) permanents[row] = starts[row + 1]! - LDPC_PERMANENTS;
  for (let id = 0; id < paddedCount; id++) {
    if (end + MAX_SYMBOL_TERMS > columns.length) columns = enlarged(columns);
    end = appendSymbol(code, id, columns, end);
    permanents[ldpcCount + id] = permanentStart(code, columns, end);
    starts[ldpcCount + id + 1] = end;
  }
  return { count, starts, permanents, columns: columns.slice(0, end) };
}

/** Where the permanent part begins in the row of a symbol that ends before index `end`. */
function permanentStart({ ltCount }: BlockCode, columns: Columns, end: number): number {
  return columns[end - 3]! >= ltCount ? end - 3 : end - 2;
}

/**
 * Writes to `columns`, from index `at` on, the intermediate symbols whose sum is symbol `id` of the padded block (RFC 6330,
 * sections 5.3.5.3 and 5.3.5.4). Returns the index after the last.
 */
export function appendSymbol(code: BlockCode, id: number, columns: Columns, at: number): number {
  const { ltCount, permanentCount, permanentPrime, systematicIndex } = code;
  const multiplier = (53_591 + systematicIndex * 997) | 1;
  const seed = (10_267 * (systematicIndex + 1) + Math.imul(id, multiplier)) >>> 0;
  const degree = degreeOf(random(seed, 0, 1 << 20), ltCount);
  const step = 1 + random(seed, 1, ltCount - 1);
  let column = random(seed, 2, ltCount);
  let end = at;
  columns[end++] = column;
  for (let i = 1; i < degree; i++) {
    column += step;
    if (column >= ltCount) column -= ltCount;
    columns[end++] = column;
  }
  const permanentDegree = degree < 4 ? 2 + random(id, 3, 2) : 2;
  const permanentStep = 1 + random(id, 4, permanentPrime - 1);
  let permanent = random(id, 5, permanentPrime);
  for (let i = 0; i < permanentDegree; i++) {
    while (permanent >= permanentCount) permanent = (permanent + permanentStep) % permanentPrime;
    columns[end++] = ltCount + permanent;
    permanent = (permanent + permanentStep) % permanentPrime;
  }
  return end;
}

/**
 * The matrix MT of the dense checks (RFC 6330, section 5.3.3.3) without its last column: column j has its two ones in rows
 * `result[j] & 0xffff` and `result[j] >>> 16`.
 */
export function denseCheckRows(code: BlockCode): Int32Array {
  const { hdpcCount } = code;
  const pairs = new Int32Array(code.paddedCount + code.ldpcCount - 1);
  for (let j = 0; j < pairs.length; j++) {
    const first = random(j + 1, 6, hdpcCount);
    const second = (first + random(j + 1, 7, hdpcCount - 1) + 1) % hdpcCount;
    pairs[j] = first | (second << 16);
  }
  return pairs;
}

/** RFC 6330, section 5.3.3.3: each of the first B = W − S symbols is in three checks, each check in three more symbols. */
function appendChecks(code: BlockCode, starts: Int32Array, columns: Columns): number {
  const { ldpcCount, ltCount, permanentCount } = code;
  const plainCount = ltCount - ldpcCount;
  const fill = new Int32Array(ldpcCount);
  forEachMembership(plainCount, ldpcCount, (check) => fill[check]!++);
  let end = 0;
  for (let check = 0; check < ldpcCount; check++) {
    const start = end;
    end += fill[check]! + 3;
    fill[check] = start;
    columns[end - 3] = plainCount + check;
    columns[end - 2] = ltCount + (check % permanentCount);
    columns[end - 1] = ltCount + ((check + 1) % permanentCount);
    starts[check + 1] = end;
  }
  forEachMembership(plainCount, ldpcCount, (check, column) => {
    columns[fill[check]!++] = column;
  });
  return end;
}

function forEachMembership(
  plainCount: number,
  ldpcCount: number,
  visit: (check: number, column: number) => void,
): void {
  for (let column = 0; column < plainCount; column++) {
    const step = 1 + Math.floor(column / ldpcCount);
    let check = column % ldpcCount;
    for (let i = 0; i < 3; i++) {
      visit(check, column);
      check = (check + step) % ldpcCount;
    }
  }
}

function enlarged(columns: Columns): Columns {
  const larger = new Uint16Array(2 * columns.length);
  larger.set(columns);
  return larger;
}
