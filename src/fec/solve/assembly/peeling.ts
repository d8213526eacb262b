import { intermediateCount, ltCount } from './code';
import { ColumnGroups } from './column-groups';
import { SparseRows } from './equations';

/** A row's count of unknown columns is kept above the 16 bits of their exclusive or. */
const ONE_UNKNOWN: i32 = 0x10000;

/**
 * An order in which substitution solves the sparse equations, once the values of a few "inactive" columns are known. Step t gives
 * the first column of row `pivotRows[t]`, whose other columns are inactive or given by earlier steps.
 */
export class Peeling {
  constructor(
    readonly pivotRows: StaticArray<i32>,
    /** Columns whose values substitution needs. The last of them are those of the permanent part. */
    readonly inactiveColumns: StaticArray<i32>,
    /** Rows that were not needed; all their columns are inactive or pivots. */
    readonly restRows: StaticArray<i32>,
  ) {}
}

/**
 * Inactivation decoding, first phase (RFC 6330, section 5.4.2.2). A row with one unknown column left gives this column. When
 * there is no such row, a column is declared inactive. It is taken from the largest group of columns that rows of two unknowns
 * connect, because this frees the whole group. Puts the pivot of each row in front.
 *
 * @returns null if this takes more inactive columns than `maxInactivations`, which only chosen symbols need
 */
export function peel(rows: SparseRows): Peeling | null {
  const most = maxInactivations();
  const pivotRows = new StaticArray<i32>(ltCount);
  const inactive = new StaticArray<i32>(most + intermediateCount - ltCount);
  const isPivotRow = new StaticArray<u8>(rows.count);
  const state = new PeelState(rows);
  let pivotCount = 0;
  let inactiveCount = 0;
  for (;;) {
    for (let row = state.nextSingle(); row >= 0; row = state.nextSingle()) {
      const column = state.unknownOf(row);
      pivotRows[pivotCount++] = row;
      isPivotRow[row] = 1;
      putFirst(rows, row, column);
      state.settle(column);
    }
    const column = state.columnToInactivate();
    if (column < 0) break;
    if (inactiveCount === most) return null;
    inactive[inactiveCount++] = column;
    state.settle(column);
  }
  for (let column = ltCount; column < intermediateCount; column++) inactive[inactiveCount++] = column;
  const restRows = new StaticArray<i32>(rows.count - pivotCount);
  for (let row = 0, end = 0; row < rows.count; row++) {
    if (isPivotRow[row] === 0) restRows[end++] = row;
  }
  return new Peeling(
    pivotRows.slice<StaticArray<i32>>(0, pivotCount),
    inactive.slice<StaticArray<i32>>(0, inactiveCount),
    restRows,
  );
}

/**
 * Columns that may be declared inactive: 64 + 4·√L. Thousands of random sets of symbols needed at most 1.2·√L for K = 500 to
 * 56,403, and 16 for K = 50. Symbols that an attacker chose to need more would cost hours and gigabytes.
 */
function maxInactivations(): i32 {
  return 64 + <i32>(4 * sqrt<f64>(intermediateCount));
}

function putFirst(rows: SparseRows, row: i32, pivot: i32): void {
  const columns = rows.columns;
  const start = rows.starts[row];
  let at = start;
  while (<i32>columns[at] !== pivot) at++;
  columns[at] = columns[start];
  columns[start] = <u16>pivot;
}

/** The unknown columns of each row, and the groups of columns that rows of two unknowns connect. */
class PeelState {
  /** For each row how many unknown columns it has, times `ONE_UNKNOWN`, and the exclusive or of their numbers: of a single one, its number. */
  private readonly unknownOfRow: StaticArray<i32>;
  private readonly columnStarts: StaticArray<i32>;
  private readonly columnRows: StaticArray<i32>;
  private readonly settled: StaticArray<u8>;
  private settledCount: i32 = 0;
  private readonly singles: StaticArray<i32>;
  private singleCount: i32 = 0;
  /** Rows that had two unknowns at some time since the last choice. Most of them have none when the next choice comes. */
  private readonly pairs: StaticArray<i32>;
  private pairCount: i32 = 0;
  /** Columns that rows of two unknowns connect. When one of a group is settled, all are settled before the next choice. */
  private readonly groups: ColumnGroups = new ColumnGroups(ltCount);

  constructor(private readonly rows: SparseRows) {
    const unknownOfRow = new StaticArray<i32>(rows.count);
    const columnStarts = new StaticArray<i32>(ltCount + 1);
    this.unknownOfRow = unknownOfRow;
    this.columnStarts = columnStarts;
    this.columnRows = transpose(rows, unknownOfRow, columnStarts);
    this.settled = new StaticArray<u8>(ltCount);
    this.singles = new StaticArray<i32>(rows.count);
    this.pairs = new StaticArray<i32>(rows.count);
    for (let row = 0; row < rows.count; row++) this.noteCount(row, unknownOfRow[row]);
  }

  /** A row with one unknown column, or −1. */
  nextSingle(): i32 {
    while (this.singleCount > 0) {
      const row = this.singles[--this.singleCount];
      if (this.unknownOfRow[row] >> 16 === 1) return row;
    }
    return -1;
  }

  /** The unknown column of a row that has only this one. */
  unknownOf(row: i32): i32 {
    return this.unknownOfRow[row] & 0xffff;
  }

  /** Takes a column out of all rows. */
  settle(column: i32): void {
    const columnRows = this.columnRows;
    const unknownOfRow = this.unknownOfRow;
    this.settled[column] = 1;
    this.settledCount++;
    const end = this.columnStarts[column + 1];
    for (let i = this.columnStarts[column]; i < end; i++) {
      const row = columnRows[i];
      const left = (unknownOfRow[row] ^ column) - ONE_UNKNOWN;
      unknownOfRow[row] = left;
      if (left < 3 * ONE_UNKNOWN) this.noteCount(row, left);
    }
  }

  /**
   * The column that frees most others when it is inactive; −1 when no column is unknown. Call it only when no row has one
   * unknown.
   */
  columnToInactivate(): i32 {
    this.joinPairs();
    const best = this.groups.largest(this.settled);
    if (best >= 0 || this.settledCount === this.settled.length) return best;
    return this.columnOfShortestRow();
  }

  /** For when no row has one or two unknowns: of the shortest row, the column that is in most rows. */
  private columnOfShortestRow(): i32 {
    const columnStarts = this.columnStarts;
    const rows = this.rows;
    let shortest = -1;
    let least = 0;
    for (let row = 0; row < rows.count; row++) {
      const count = this.unknownOfRow[row] >> 16;
      if (count === 0 || (shortest >= 0 && count >= least)) continue;
      shortest = row;
      least = count;
    }
    if (shortest < 0) return this.firstUnsettled();
    let best = -1;
    let bestCount = -1;
    for (let i = rows.starts[shortest]; i < rows.permanents[shortest]; i++) {
      const column = <i32>rows.columns[i];
      if (this.settled[column] === 1) continue;
      const count = columnStarts[column + 1] - columnStarts[column];
      if (count > bestCount) {
        best = column;
        bestCount = count;
      }
    }
    return best;
  }

  private firstUnsettled(): i32 {
    let column = 0;
    while (this.settled[column] === 1) column++;
    return column;
  }

  private noteCount(row: i32, left: i32): void {
    const count = left >> 16;
    if (count === 1) this.singles[this.singleCount++] = row;
    else if (count === 2) this.pairs[this.pairCount++] = row;
  }

  /** Joins the columns of each row that has two unknowns. */
  private joinPairs(): void {
    for (let i = 0; i < this.pairCount; i++) {
      const row = this.pairs[i];
      const left = this.unknownOfRow[row];
      if (left >> 16 !== 2) continue;
      const column = this.firstUnknown(row);
      this.groups.join(column, (left & 0xffff) ^ column);
    }
    this.pairCount = 0;
  }

  private firstUnknown(row: i32): i32 {
    const columns = this.rows.columns;
    let i = this.rows.starts[row];
    while (this.settled[columns[i]] === 1) i++;
    return columns[i];
  }
}

/** Fills `unknownOfRow` and `columnStarts`, and returns the rows of each column. */
function transpose(rows: SparseRows, unknownOfRow: StaticArray<i32>, columnStarts: StaticArray<i32>): StaticArray<i32> {
  const columns = rows.columns;
  const permanents = rows.permanents;
  const starts = rows.starts;
  for (let row = 0; row < rows.count; row++) {
    const end = permanents[row];
    let sum = (end - starts[row]) * ONE_UNKNOWN;
    for (let i = starts[row]; i < end; i++) {
      const column = <i32>columns[i];
      columnStarts[column] += 1;
      sum ^= column;
    }
    unknownOfRow[row] = sum;
  }
  for (let column = 1; column <= ltCount; column++) columnStarts[column] += columnStarts[column - 1];
  // Each start is at the end of its column now, and goes back as the column is filled.
  const columnRows = new StaticArray<i32>(columnStarts[ltCount]);
  for (let row = rows.count - 1; row >= 0; row--) {
    const end = permanents[row];
    for (let i = starts[row]; i < end; i++) {
      const column = <i32>columns[i];
      const at = columnStarts[column] - 1;
      columnStarts[column] = at;
      columnRows[at] = row;
    }
  }
  return columnRows;
}
