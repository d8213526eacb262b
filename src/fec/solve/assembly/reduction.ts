import { hdpcCount, intermediateCount } from './code';
import { SparseRows } from './equations';
import { Peeling } from './peeling';
import { BitMatrix } from './product';

/**
 * The result of eliminating, over GF(2), the rows that peeling did not need: each inactive column is either a sum of such rest
 * rows and of free columns, or it is free itself. The dense checks determine the free columns.
 */
export class Reduction {
  constructor(
    /** Row c: the inactive columns on which column c depends. Inactive columns are numbered in the order of `inactiveColumns`. */
    readonly dependence: BitMatrix,
    /** Numbers of inactive columns that the rest rows determine, in the order of the rows of `solution`. */
    readonly solved: StaticArray<i32>,
    /** Numbers of inactive columns that the rest rows leave free; at most as many as there are dense checks. */
    readonly free: StaticArray<i32>,
    /** Row i: the rest rows, reduced to inactive columns, that add up to column `solved[i]`. Before it, the free columns in this sum. */
    readonly solution: BitMatrix,
  ) {}

  /** Whether free column `free[k]` is part of the sum for column `solved[i]`. */
  takesFree(i: i32, k: i32): bool {
    const column = this.free[k];
    return ((this.solution.bits[i * this.solution.wordsPerRow + (column >> 6)] >> (column & 63)) & 1) === 1;
  }
}

/**
 * @returns null if more columns stay free than there are dense checks to determine them
 */
export function reduce(rows: SparseRows, peeling: Peeling): Reduction | null {
  const dependence = dependenceOn(rows, peeling);
  const inactiveCount = peeling.inactiveColumns.length;
  const restCount = peeling.restRows.length;
  const firstWord = dependence.wordsPerRow;
  const width = firstWord + wordsFor(restCount);
  const bits = restMatrix(rows, peeling, dependence, width);
  const order = new StaticArray<i32>(restCount);
  for (let i = 0; i < restCount; i++) order[i] = i * width;
  const solved = new StaticArray<i32>(inactiveCount);
  const free = new StaticArray<i32>(hdpcCount);
  let rank = 0;
  let freeCount = 0;
  for (let column = 0; column < inactiveCount; column++) {
    const word = column >> 6;
    const bit = (<u64>1) << (column & 63);
    let pivot = rank;
    while (pivot < restCount && (bits[order[pivot] + word] & bit) === 0) pivot++;
    if (pivot === restCount) {
      if (freeCount === hdpcCount) return null;
      free[freeCount++] = column;
      continue;
    }
    const source = order[pivot];
    order[pivot] = order[rank];
    order[rank] = source;
    for (let i = 0; i < restCount; i++) {
      const target = order[i];
      if (i === rank || (bits[target + word] & bit) === 0) continue;
      for (let w = word; w < width; w++) bits[target + w] ^= bits[source + w];
    }
    solved[rank++] = column;
  }
  const result = new StaticArray<u64>(rank * width);
  for (let i = 0; i < rank; i++) {
    memory.copy(wordAt(result, i * width), wordAt(bits, order[i]), (<usize>width) << 3);
  }
  return new Reduction(
    dependence,
    solved.slice<StaticArray<i32>>(0, rank),
    free.slice<StaticArray<i32>>(0, freeCount),
    new BitMatrix(result, width, firstWord),
  );
}

/** Words of 64 bits for so many bits. */
function wordsFor(bitCount: i32): i32 {
  return (bitCount + 63) >> 6;
}

function wordAt(words: StaticArray<u64>, index: i32): usize {
  return changetype<usize>(words) + ((<usize>index) << 3);
}

/** Follows the substitutions without symbols: a pivot depends on the inactive columns of all other columns of its row. */
function dependenceOn(rows: SparseRows, peeling: Peeling): BitMatrix {
  const inactiveColumns = peeling.inactiveColumns;
  const pivotRows = peeling.pivotRows;
  const wordsPerRow = wordsFor(inactiveColumns.length);
  const bits = new StaticArray<u64>(intermediateCount * wordsPerRow);
  for (let i = 0; i < inactiveColumns.length; i++) {
    bits[inactiveColumns[i] * wordsPerRow + (i >> 6)] = (<u64>1) << (i & 63);
  }
  const dependence = new BitMatrix(bits, wordsPerRow, 0);
  // The permanent columns are the last inactive ones.
  const firstPermanent = inactiveColumns.length - intermediateCount;
  for (let step = 0; step < pivotRows.length; step++) {
    const row = pivotRows[step];
    const first = rows.starts[row];
    writeSum(rows, row, first + 1, dependence, firstPermanent, bits, <i32>rows.columns[first] * wordsPerRow);
  }
  return dependence;
}

/** The rest rows over the inactive columns, and beside them a unit matrix that will record which rows were added up. */
function restMatrix(rows: SparseRows, peeling: Peeling, dependence: BitMatrix, width: i32): StaticArray<u64> {
  const restRows = peeling.restRows;
  const firstPermanent = peeling.inactiveColumns.length - intermediateCount;
  const bits = new StaticArray<u64>(restRows.length * width);
  for (let i = 0; i < restRows.length; i++) {
    const row = restRows[i];
    writeSum(rows, row, rows.starts[row], dependence, firstPermanent, bits, i * width);
    bits[i * width + dependence.wordsPerRow + (i >> 6)] |= (<u64>1) << (i & 63);
  }
  return bits;
}

/**
 * Writes to `into`, from word `at` on, the inactive columns on which the sum of a row's columns from index `from` on depends.
 *
 * @param firstPermanent what added to a permanent column gives its number among the inactive ones
 */
function writeSum(
  rows: SparseRows,
  row: i32,
  from: i32,
  dependence: BitMatrix,
  firstPermanent: i32,
  into: StaticArray<u64>,
  at: i32,
): void {
  const columns = rows.columns;
  const permanent = rows.permanents[row];
  const bits = dependence.bits;
  const wordsPerRow = dependence.wordsPerRow;
  let w = 0;
  // Three sums at a time stay in registers.
  for (; w + 3 <= wordsPerRow; w += 3) {
    let a: u64 = 0;
    let b: u64 = 0;
    let c: u64 = 0;
    for (let i = from; i < permanent; i++) {
      const source = <i32>columns[i] * wordsPerRow + w;
      a ^= bits[source];
      b ^= bits[source + 1];
      c ^= bits[source + 2];
    }
    into[at + w] = a;
    into[at + w + 1] = b;
    into[at + w + 2] = c;
  }
  for (; w < wordsPerRow; w++) {
    let sum: u64 = 0;
    for (let i = from; i < permanent; i++) sum ^= bits[<i32>columns[i] * wordsPerRow + w];
    into[at + w] = sum;
  }
  const end = rows.starts[row + 1];
  for (let i = permanent; i < end; i++) {
    const number = <i32>columns[i] + firstPermanent;
    into[at + (number >> 6)] ^= (<u64>1) << (number & 63);
  }
}
