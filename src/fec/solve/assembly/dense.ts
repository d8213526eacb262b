import { hdpcCount, intermediateCount } from './code';
import { SparseRows } from './equations';
import { eliminate } from './host';
import { Peeling } from './peeling';
import { Reduction } from './reduction';

/** Bytes that hold a column's coefficient in every check, one each. RFC 6330 has 10 to 16 checks. */
const CHECK_BYTES: usize = 16;

/** How the dense checks (HDPC) determine the columns that the binary equations left free. */
export class DenseSolution {
  constructor(
    /** Check h has coefficient `coefficients[h * inactiveCount + i]` at inactive column i. */
    readonly coefficients: StaticArray<u8>,
    /** Free column k is the sum over h of `weights[k * hdpcCount + h]` times the rest of check h. */
    readonly weights: StaticArray<u8>,
  ) {}
}

/**
 * @param pairs from `denseCheckRows`
 * @returns null if the checks do not determine the free columns
 */
export function solveChecks(
  rows: SparseRows,
  peeling: Peeling,
  reduction: Reduction,
  pairs: StaticArray<u32>,
): DenseSolution | null {
  const free = reduction.free;
  const solved = reduction.solved;
  const inactiveCount = peeling.inactiveColumns.length;
  const coefficients = checkCoefficients(rows, peeling, pairs);
  // A unit matrix stands beside the coefficients of the free columns; the elimination turns it into the weights.
  const width = free.length + hdpcCount;
  const matrix = new StaticArray<u8>(hdpcCount * width);
  for (let h = 0; h < hdpcCount; h++) {
    matrix[h * width + free.length + h] = 1;
    for (let k = 0; k < free.length; k++) {
      let sum = coefficients[h * inactiveCount + free[k]];
      for (let i = 0; i < solved.length; i++) {
        if (reduction.takesFree(i, k)) sum ^= coefficients[h * inactiveCount + solved[i]];
      }
      matrix[h * width + k] = sum;
    }
  }
  if (free.length > 0 && !eliminate(changetype<usize>(matrix), hdpcCount, width, free.length)) return null;
  const weights = new StaticArray<u8>(free.length * hdpcCount);
  for (let k = 0; k < free.length; k++) {
    for (let h = 0; h < hdpcCount; h++) weights[k * hdpcCount + h] = matrix[k * width + free.length + h];
  }
  return new DenseSolution(coefficients, weights);
}

/**
 * The coefficients of the dense checks, after every other column has been replaced by the inactive columns it depends on. Pivots are replaced from
 * the last to the first: each hands its coefficients to the other columns of its row, which earlier steps replace.
 */
function checkCoefficients(rows: SparseRows, peeling: Peeling, pairs: StaticArray<u32>): StaticArray<u8> {
  const inactiveColumns = peeling.inactiveColumns;
  const pivotRows = peeling.pivotRows;
  const elements = columnsOfChecks(pairs);
  for (let step = pivotRows.length - 1; step >= 0; step--) {
    const first = rows.starts[pivotRows[step]];
    const end = rows.starts[pivotRows[step] + 1];
    const pivot = elementsOf(elements, rows.columns[first]);
    const low = load<u64>(pivot);
    const high = load<u64>(pivot, 8);
    for (let i = first + 1; i < end; i++) {
      const column = elementsOf(elements, rows.columns[i]);
      store<u64>(column, load<u64>(column) ^ low);
      store<u64>(column, load<u64>(column, 8) ^ high, 8);
    }
  }
  const inactiveCount = inactiveColumns.length;
  const coefficients = new StaticArray<u8>(hdpcCount * inactiveCount);
  for (let i = 0; i < inactiveCount; i++) {
    const column = elementsOf(elements, inactiveColumns[i]);
    for (let h = 0; h < hdpcCount; h++) coefficients[h * inactiveCount + i] = load<u8>(column + h);
  }
  return coefficients;
}

/**
 * Every column's coefficients in the dense checks.
 *
 * RFC 6330, section 5.3.3.3, makes the checks as MT · GAMMA, so from the last column to the first: a column has twice the coefficients of the
 * next one, and 1 more in the two checks that its column of MT names. The last H columns are the checks' own.
 */
function columnsOfChecks(pairs: StaticArray<u32>): StaticArray<u8> {
  const elements = new StaticArray<u8>(intermediateCount * <i32>CHECK_BYTES);
  for (let h = 0; h < hdpcCount; h++) {
    addElement(elementsOf(elements, intermediateCount - hdpcCount + h) + h, 1);
    addElement(elementsOf(elements, pairs.length) + h, powerOfTwo(h));
  }
  for (let index = pairs.length - 1; index >= 0; index--) {
    const column = elementsOf(elements, index);
    store<u64>(column, doubled(load<u64>(column, 16)));
    store<u64>(column, doubled(load<u64>(column, 24)), 8);
    addElement(column + (pairs[index] & 0xffff), 1);
    addElement(column + (pairs[index] >> 16), 1);
  }
  return elements;
}

/** Address of a column's coefficients. */
function elementsOf(elements: StaticArray<u8>, column: i32): usize {
  return changetype<usize>(elements) + <usize>column * CHECK_BYTES;
}

function addElement(at: usize, element: u8): void {
  store<u8>(at, load<u8>(at) ^ element);
}

/** 2 to the power of `exponent` in GF(256), whose polynomial is x^8 + x^4 + x^3 + x^2 + 1. */
export function powerOfTwo(exponent: i32): u8 {
  let power: u64 = 1;
  for (let i = 0; i < exponent; i++) power = doubled(power);
  return <u8>power;
}

/** Two times each of eight elements of GF(256). */
function doubled(elements: u64): u64 {
  return ((elements & 0x7f7f7f7f7f7f7f7f) << 1) ^ (((elements >> 7) & 0x0101010101010101) * 0x1d);
}
