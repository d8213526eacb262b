import { hdpcCount, ldpcCount, ltCount, paddedCount, permanentCount, permanentPrime, systematicIndex } from './code';
import { degreeOf, random } from './random';

/** The longest row that `writeSymbol` writes: 30 columns of the sparse part, 3 of the permanent part. */
export const MAX_SYMBOL_TERMS: i32 = 33;
/** Columns of the permanent part in an LDPC check. */
const LDPC_PERMANENTS: i32 = 2;

/**
 * Rows of a sparse matrix over GF(2): row r has a one in each column `columns[i]`, `starts[r] <= i < starts[r + 1]`. From `permanents[r]` on
 * these are columns of the permanent part, before it of the sparse part. RFC 6330 has no code of more than 57,326 columns.
 */
export class SparseRows {
  constructor(
    readonly count: i32,
    readonly starts: StaticArray<i32>,
    readonly permanents: StaticArray<i32>,
    readonly columns: StaticArray<u16>,
  ) {}

  /** Columns in all rows. */
  get termCount(): i32 {
    return this.starts[this.count];
  }

  /** Address of the column at an index. */
  at(index: i32): usize {
    return changetype<usize>(this.columns) + ((<usize>index) << 1);
  }
}

/**
 * The binary equations between intermediate symbols (the columns). The first S rows are the LDPC checks: the sum of each is zero.
 * Then comes one row for each of the first `idCount` of `ids` (numbers in the padded block): its sum is the symbol with this number.
 */
export function equationsFor(ids: StaticArray<i32>, idCount: i32): SparseRows {
  const count = ldpcCount + idCount;
  const starts = new StaticArray<i32>(count + 1);
  const permanents = new StaticArray<i32>(count);
  // The mean row has 10 terms; a matrix of nothing but long rows grows once or twice.
  let columns = new StaticArray<u16>(3 * ltCount + 11 * idCount + MAX_SYMBOL_TERMS);
  let end = writeChecks(starts, columns);
  for (let row = 0; row < ldpcCount; row++) permanents[row] = starts[row + 1] - LDPC_PERMANENTS;
  for (let i = 0; i < idCount; i++) {
    if (end + MAX_SYMBOL_TERMS > columns.length) columns = enlarged(columns);
    const row = ldpcCount + i;
    end += writeSymbol(ids[i], changetype<usize>(columns) + ((<usize>end) << 1));
    permanents[row] = <i32>columns[end - 3] >= ltCount ? end - 3 : end - 2;
    starts[row + 1] = end;
  }
  return new SparseRows(count, starts, permanents, columns);
}

/**
 * Writes the intermediate symbols whose sum is symbol `id` of the padded block (RFC 6330, sections 5.3.5.3 and 5.3.5.4), 16 bits each.
 *
 * @param at address of the first
 * @returns how many they are
 */
export function writeSymbol(id: u32, at: usize): i32 {
  const multiplier: u32 = (53_591 + <u32>systematicIndex * 997) | 1;
  const seed: u32 = 10_267 * (<u32>systematicIndex + 1) + id * multiplier;
  const degree = degreeOf(random(seed, 0, 1 << 20), ltCount);
  const step: u32 = 1 + random(seed, 1, ltCount - 1);
  let column = random(seed, 2, ltCount);
  let end = at;
  store<u16>(end, <u16>column);
  end += 2;
  for (let i = 1; i < degree; i++) {
    column += step;
    if (column >= <u32>ltCount) column -= ltCount;
    store<u16>(end, <u16>column);
    end += 2;
  }
  const permanentDegree: u32 = degree < 4 ? 2 + random(id, 3, 2) : 2;
  const permanentStep: u32 = 1 + random(id, 4, permanentPrime - 1);
  let permanent = random(id, 5, permanentPrime);
  for (let i: u32 = 0; i < permanentDegree; i++) {
    while (permanent >= <u32>permanentCount) permanent = (permanent + permanentStep) % <u32>permanentPrime;
    store<u16>(end, <u16>(<u32>ltCount + permanent));
    end += 2;
    permanent = (permanent + permanentStep) % <u32>permanentPrime;
  }
  return <i32>((end - at) >> 1);
}

/**
 * The matrix MT of the dense checks (RFC 6330, section 5.3.3.3) without its last column: column j has its two ones in rows
 * `result[j] & 0xffff` and `result[j] >>> 16`.
 */
export function denseCheckRows(): StaticArray<u32> {
  const pairs = new StaticArray<u32>(paddedCount + ldpcCount - 1);
  for (let j = 0; j < pairs.length; j++) {
    const first = random(j + 1, 6, hdpcCount);
    const second = (first + random(j + 1, 7, hdpcCount - 1) + 1) % <u32>hdpcCount;
    pairs[j] = first | (second << 16);
  }
  return pairs;
}

/** RFC 6330, section 5.3.3.3: each of the first B = W − S symbols is in three checks, each check in three more symbols. */
function writeChecks(starts: StaticArray<i32>, columns: StaticArray<u16>): i32 {
  const plainCount = ltCount - ldpcCount;
  /** First the number of plain symbols in each check, then where the next one goes. */
  const fill = new StaticArray<i32>(ldpcCount);
  for (let column = 0; column < plainCount; column++) {
    for (let i = 0; i < 3; i++) {
      const check = checkOf(column, i);
      fill[check] = fill[check] + 1;
    }
  }
  let end = 0;
  for (let check = 0; check < ldpcCount; check++) {
    const start = end;
    end += fill[check] + 3;
    fill[check] = start;
    columns[end - 3] = <u16>(plainCount + check);
    columns[end - 2] = <u16>(ltCount + (check % permanentCount));
    columns[end - 1] = <u16>(ltCount + ((check + 1) % permanentCount));
    starts[check + 1] = end;
  }
  for (let column = 0; column < plainCount; column++) {
    for (let i = 0; i < 3; i++) {
      const check = checkOf(column, i);
      const at = fill[check];
      columns[at] = <u16>column;
      fill[check] = at + 1;
    }
  }
  return end;
}

/** The first, second or third check of a plain symbol: `i` is 0, 1 or 2. */
function checkOf(column: i32, i: i32): i32 {
  const step = 1 + column / ldpcCount;
  return (column + i * step) % ldpcCount;
}

function enlarged(columns: StaticArray<u16>): StaticArray<u16> {
  const larger = new StaticArray<u16>(2 * columns.length);
  memory.copy(changetype<usize>(larger), changetype<usize>(columns), (<usize>columns.length) << 1);
  return larger;
}
