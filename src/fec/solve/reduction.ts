import type { BlockCode } from '../code.js';
import type { SparseRows } from './equations.js';
import type { Peeling } from './peeling.js';
import type { BitMatrix } from './product.js';

/**
 * The result of eliminating, over GF(2), the rows that peeling did not need: each inactive column is either a sum of such rest
 * rows and of free columns, or it is free itself. The dense checks determine the free columns.
 */
export interface Reduction {
  /** Row c: the inactive columns on which column c depends. Inactive columns are numbered in the order of `inactiveColumns`. */
  readonly dependence: BitMatrix;
  /** Numbers of inactive columns that the rest rows determine, in the order of the rows of `solution`. */
  readonly solved: Int32Array;
  /** Numbers of inactive columns that the rest rows leave free; at most as many as there are dense checks. */
  readonly free: Int32Array;
  /** Row i: the rest rows, reduced to inactive columns, that add up to column `solved[i]`. */
  readonly solution: BitMatrix;
  /** Whether free column `free[k]` is part of the sum for column `solved[i]`. */
  readonly takesFree: (i: number, k: number) => boolean;
}

/**
 * @returns undefined if more columns stay free than there are dense checks to determine them
 */
export function reduce(code: BlockCode, rows: SparseRows, peeling: Peeling): Reduction | undefined {
  const dependence = dependenceOn(code, rows, peeling);
  const inactiveCount = peeling.inactiveColumns.length;
  const restCount = peeling.restRows.length;
  const firstWord = dependence.wordsPerRow;
  const width = firstWord + Math.ceil(restCount / 32);
  const bits = restMatrix(code, rows, peeling, dependence, width);
  const order = Int32Array.from({ length: restCount }, (_, i) => i * width);
  const solved: number[] = [];
  const free: number[] = [];
  for (let column = 0; column < inactiveCount; column++) {
    const word = column >>> 5;
    const bit = 1 << (column & 31);
    const rank = solved.length;
    let pivot = rank;
    while (pivot < restCount && (bits[order[pivot]! + word]! & bit) === 0) pivot++;
    if (pivot === restCount) {
      if (free.push(column) > code.hdpcCount) return undefined;
      continue;
    }
    const source = order[pivot]!;
    order[pivot] = order[rank]!;
    order[rank] = source;
    for (let i = 0; i < restCount; i++) {
      const target = order[i]!;
      if (i === rank || (bits[target + word]! & bit) === 0) continue;
      for (let w = word; w < width; w++) bits[target + w]! ^= bits[source + w]!;
    }
    solved.push(column);
  }
  const result = new Int32Array(solved.length * width);
  for (let i = 0; i < solved.length; i++) result.set(bits.subarray(order[i]!, order[i]! + width), i * width);
  return {
    dependence,
    solved: Int32Array.from(solved),
    free: Int32Array.from(free),
    solution: { bits: result, wordsPerRow: width, firstWord },
    takesFree: (i, k) => ((result[i * width + (free[k]! >>> 5)]! >>> (free[k]! & 31)) & 1) === 1,
  };
}

/** Follows the substitutions without symbols: a pivot depends on the inactive columns of all other columns of its row. */
function dependenceOn(code: BlockCode, rows: SparseRows, peeling: Peeling): BitMatrix {
  const { inactiveColumns, pivotRows } = peeling;
  const wordsPerRow = Math.ceil(inactiveColumns.length / 32);
  const bits = new Int32Array(code.intermediateCount * wordsPerRow);
  for (let i = 0; i < inactiveColumns.length; i++) {
    bits[inactiveColumns[i]! * wordsPerRow + (i >>> 5)] = 1 << (i & 31);
  }
  const dependence: BitMatrix = { bits, wordsPerRow, firstWord: 0 };
  // The permanent columns are the last inactive ones.
  const firstPermanent = inactiveColumns.length - code.intermediateCount;
  for (const row of pivotRows) {
    const first = rows.starts[row]!;
    sumOf(rows, row, first + 1, dependence, firstPermanent, bits, rows.columns[first]! * wordsPerRow);
  }
  return dependence;
}

/**
 * Writes to `into`, from word `at` on, the inactive columns on which the sum of a row's columns from index `from` on depends.
 *
 * @param firstPermanent what added to a permanent column gives its number among the inactive ones
 */
function sumOf(
  { columns, permanents, starts }: SparseRows,
  row: number,
  from: number,
  { bits, wordsPerRow }: BitMatrix,
  firstPermanent: number,
  into: Int32Array,
  at: number,
): void {
  const permanent = permanents[row]!;
  let w = 0;
  // Three sums at a time stay in registers.
  for (; w + 3 <= wordsPerRow; w += 3) {
    let a = 0;
    let b = 0;
    let c = 0;
    for (let i = from; i < permanent; i++) {
      const source = columns[i]! * wordsPerRow + w;
      a ^= bits[source]!;
      b ^= bits[source + 1]!;
      c ^= bits[source + 2]!;
    }
    into[at + w] = a;
    into[at + w + 1] = b;
    into[at + w + 2] = c;
  }
  for (; w < wordsPerRow; w++) {
    let sum = 0;
    for (let i = from; i < permanent; i++) sum ^= bits[columns[i]! * wordsPerRow + w]!;
    into[at + w] = sum;
  }
  const end = starts[row + 1]!;
  for (let i = permanent; i < end; i++) {
    const number = columns[i]! + firstPermanent;
    into[at + (number >>> 5)]! ^= 1 << (number & 31);
  }
}

/** The rest rows over the inactive columns, and beside them a unit matrix that will record which rows were added up. */
function restMatrix(
  code: BlockCode,
  rows: SparseRows,
  { inactiveColumns, restRows }: Peeling,
  dependence: BitMatrix,
  width: number,
): Int32Array {
  const firstPermanent = inactiveColumns.length - code.intermediateCount;
  const bits = new Int32Array(restRows.length * width);
  for (let i = 0; i < restRows.length; i++) {
    const row = restRows[i]!;
    sumOf(rows, row, rows.starts[row]!, dependence, firstPermanent, bits, i * width);
    bits[i * width + dependence.wordsPerRow + (i >>> 5)]! |= 1 << (i & 31);
  }
  return bits;
}
