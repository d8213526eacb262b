import type { BlockCode } from '../code.js';
import { eliminate } from '../kernels/elimination.js';
import { EXP } from '../kernels/gf256.js';
import type { SparseRows } from './equations.js';
import type { Peeling } from './peeling.js';
import type { Reduction } from './reduction.js';

/** Words of four elements each that hold a column's coefficient in every check. RFC 6330 has 10 to 16 checks. */
const CHECK_WORDS = 4;

/** How the dense checks (HDPC) determine the columns that the binary equations left free. */
export interface DenseSolution {
  /** Check h has coefficient `coefficients[h * inactiveCount + i]` at inactive column i. */
  readonly coefficients: Uint8Array;
  /** Free column k is the sum over h of `weights[k * hdpcCount + h]` times the rest of check h. */
  readonly weights: Uint8Array;
}

/**
 * @param pairs from `denseCheckRows`
 * @returns undefined if the checks do not determine the free columns
 */
export function solveChecks(
  code: BlockCode,
  rows: SparseRows,
  peeling: Peeling,
  reduction: Reduction,
  pairs: Int32Array,
): DenseSolution | undefined {
  const { hdpcCount } = code;
  const { free, solved, takesFree } = reduction;
  const inactiveCount = peeling.inactiveColumns.length;
  const coefficients = checkCoefficients(code, rows, peeling, pairs);
  // A unit matrix stands beside the coefficients of the free columns; the elimination turns it into the weights.
  const width = free.length + hdpcCount;
  const matrix = new Uint8Array(hdpcCount * width);
  for (let h = 0; h < hdpcCount; h++) {
    matrix[h * width + free.length + h] = 1;
    for (let k = 0; k < free.length; k++) {
      let sum = coefficients[h * inactiveCount + free[k]!]!;
      for (let i = 0; i < solved.length; i++) {
        if (takesFree(i, k)) sum ^= coefficients[h * inactiveCount + solved[i]!]!;
      }
      matrix[h * width + k] = sum;
    }
  }
  if (!eliminate(matrix, width, free.length)) return undefined;
  const weights = new Uint8Array(free.length * hdpcCount);
  for (let k = 0; k < free.length; k++) {
    weights.set(matrix.subarray(k * width + free.length, (k + 1) * width), k * hdpcCount);
  }
  return { coefficients, weights };
}

/**
 * The coefficients of the dense checks, after every other column has been replaced by the inactive columns it depends on. Pivots are replaced from
 * the last to the first: each hands its coefficients to the other columns of its row, which earlier steps replace.
 */
function checkCoefficients(code: BlockCode, rows: SparseRows, peeling: Peeling, pairs: Int32Array): Uint8Array {
  const { hdpcCount } = code;
  const { inactiveColumns, pivotRows } = peeling;
  const { columns, starts } = rows;
  const words = columnsOfChecks(code, pairs);
  for (let step = pivotRows.length - 1; step >= 0; step--) {
    const first = starts[pivotRows[step]!]!;
    const end = starts[pivotRows[step]! + 1]!;
    const pivot = columns[first]! * CHECK_WORDS;
    const a = words[pivot]!;
    const b = words[pivot + 1]!;
    const c = words[pivot + 2]!;
    const d = words[pivot + 3]!;
    for (let i = first + 1; i < end; i++) {
      const column = columns[i]! * CHECK_WORDS;
      words[column]! ^= a;
      words[column + 1]! ^= b;
      words[column + 2]! ^= c;
      words[column + 3]! ^= d;
    }
  }
  const inactiveCount = inactiveColumns.length;
  const coefficients = new Uint8Array(hdpcCount * inactiveCount);
  for (let i = 0; i < inactiveCount; i++) {
    for (let h = 0; h < hdpcCount; h++) {
      const word = words[inactiveColumns[i]! * CHECK_WORDS + (h >>> 2)]!;
      coefficients[h * inactiveCount + i] = word >>> (8 * (h & 3));
    }
  }
  return coefficients;
}

/**
 * Every column's coefficients in the dense checks: check h is byte h of the column's words.
 *
 * RFC 6330, section 5.3.3.3, makes the checks as MT · GAMMA, so from the last column to the first: a column has twice the coefficients of the
 * next one, and 1 more in the two checks that its column of MT names. The last H columns are the checks' own.
 */
function columnsOfChecks({ hdpcCount, intermediateCount }: BlockCode, pairs: Int32Array): Int32Array {
  const words = new Int32Array(intermediateCount * CHECK_WORDS);
  const add = (column: number, h: number, element: number) => {
    words[column * CHECK_WORDS + (h >>> 2)]! ^= element << (8 * (h & 3));
  };
  for (let h = 0; h < hdpcCount; h++) {
    add(intermediateCount - hdpcCount + h, h, 1);
    add(pairs.length, h, EXP[h]!);
  }
  for (let column = pairs.length - 1; column >= 0; column--) {
    const at = column * CHECK_WORDS;
    for (let w = 0; w < CHECK_WORDS; w++) words[at + w] = doubled(words[at + CHECK_WORDS + w]!);
    add(column, pairs[column]! & 0xffff, 1);
    add(column, pairs[column]! >>> 16, 1);
  }
  return words;
}

/** Two times each of four elements of GF(256). */
function doubled(word: number): number {
  return ((word & 0x7f7f7f7f) << 1) ^ (((word >>> 7) & 0x01010101) * 0x1d);
}
