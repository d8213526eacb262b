import type { BlockCode } from '../code.js';
import type { SparseRows } from './equations.js';

/**
 * An order in which substitution solves the sparse equations, once the values of a few "inactive" columns are known. Step t gives
 * column `pivotColumns[t]` from row `pivotRows[t]`, whose other columns are inactive or pivots of earlier steps.
 */
export interface Peeling {
  readonly pivotRows: Int32Array;
  readonly pivotColumns: Int32Array;
  /** 1 for each column that is in `pivotColumns`. */
  readonly isPivot: Uint8Array;
  /** Columns whose values substitution needs. */
  readonly inactiveColumns: Int32Array;
  /** Rows that were not needed; all their columns are inactive or pivots. */
  readonly restRows: Int32Array;
}

/**
 * Inactivation decoding, first phase (RFC 6330, section 5.4.2.2). A row with one unknown column left gives this column. When
 * there is no such row, a column is declared inactive. It is taken from the largest group of columns that rows of two unknowns
 * connect, because this frees the whole group.
 *
 * @returns undefined if this takes more inactive columns than `maxInactivations`, which only chosen symbols need
 */
export function peel(code: BlockCode, rows: SparseRows): Peeling | undefined {
  const { ltCount } = code;
  const state = new PeelState(ltCount, rows);
  const pivotRows = new Int32Array(ltCount);
  const pivotColumns = new Int32Array(ltCount);
  const inactive: number[] = [];
  const isPivot = new Uint8Array(code.intermediateCount);
  const isPivotRow = new Uint8Array(rows.count);
  let pivotCount = 0;
  for (;;) {
    for (let row = state.nextSingle(); row >= 0; row = state.nextSingle()) {
      const column = state.unknownSum[row]!;
      pivotRows[pivotCount] = row;
      pivotColumns[pivotCount++] = column;
      isPivot[column] = 1;
      isPivotRow[row] = 1;
      state.settle(column);
    }
    const column = state.columnToInactivate();
    if (column < 0) break;
    if (inactive.push(column) > maxInactivations(code)) return undefined;
    state.settle(column);
  }
  const restRows = new Int32Array(rows.count - pivotCount);
  for (let row = 0, end = 0; row < rows.count; row++) {
    if (isPivotRow[row] === 0) restRows[end++] = row;
  }
  for (let column = ltCount; column < code.intermediateCount; column++) inactive.push(column);
  return {
    pivotRows: pivotRows.subarray(0, pivotCount),
    pivotColumns: pivotColumns.subarray(0, pivotCount),
    isPivot,
    inactiveColumns: Int32Array.from(inactive),
    restRows,
  };
}

/**
 * Columns that may be declared inactive: 64 + 4·√L. Thousands of random sets of symbols needed at most 1.2·√L for K = 500 to
 * 56,403, and 16 for K = 50. Symbols that an attacker chose to need more would cost hours and gigabytes.
 */
function maxInactivations(code: BlockCode): number {
  return 64 + 4 * Math.sqrt(code.intermediateCount);
}

/** The unknown columns of each row, and the groups of columns that rows of two unknowns connect. */
class PeelState {
  /** Exclusive or of the numbers of a row's unknown columns: when one column is left, this is its number. */
  readonly unknownSum: Int32Array;
  private readonly rows: SparseRows;
  private readonly unknownCount: Int32Array;
  private readonly columnStarts: Int32Array;
  private readonly columnRows: Int32Array;
  private readonly settled: Uint8Array;
  /** Columns that may still be unknown; a walk of the list drops the settled ones. */
  private readonly unknown: Int32Array;
  private unknownEnd: number;
  private readonly singles: Int32Array;
  private singleCount = 0;
  // Union-find. A group is never divided: when one of its columns is settled, all are settled before the next choice.
  private readonly parent: Int32Array;
  private readonly groupSize: Int32Array;

  constructor(ltCount: number, rows: SparseRows) {
    this.rows = rows;
    this.unknownSum = new Int32Array(rows.count);
    this.unknownCount = new Int32Array(rows.count);
    this.settled = new Uint8Array(ltCount);
    this.singles = new Int32Array(rows.count);
    this.columnStarts = new Int32Array(ltCount + 1);
    this.unknown = new Int32Array(ltCount);
    this.parent = new Int32Array(ltCount);
    this.groupSize = new Int32Array(ltCount).fill(1);
    this.unknownEnd = ltCount;
    for (let column = 0; column < ltCount; column++) {
      this.parent[column] = column;
      this.unknown[column] = column;
    }
    this.columnRows = this.transpose(ltCount);
    for (let row = 0; row < rows.count; row++) this.noteCount(row);
  }

  /** A row with one unknown column, or −1. */
  nextSingle(): number {
    while (this.singleCount > 0) {
      const row = this.singles[--this.singleCount]!;
      if (this.unknownCount[row] === 1) return row;
    }
    return -1;
  }

  /** Takes a column out of all rows. */
  settle(column: number): void {
    const { columnRows, unknownCount, unknownSum } = this;
    this.settled[column] = 1;
    const end = this.columnStarts[column + 1]!;
    for (let i = this.columnStarts[column]!; i < end; i++) {
      const row = columnRows[i]!;
      unknownSum[row]! ^= column;
      if (--unknownCount[row]! <= 2) this.noteCount(row);
    }
  }

  /**
   * The column that frees most others when it is inactive; −1 when no column is unknown. Call it only when no row has one
   * unknown.
   */
  columnToInactivate(): number {
    const { unknown, settled, parent, groupSize } = this;
    let best = -1;
    let bestSize = 1;
    let end = 0;
    for (let i = 0; i < this.unknownEnd; i++) {
      const column = unknown[i]!;
      if (settled[column] === 1) continue;
      unknown[end++] = column;
      if (parent[column] === column && groupSize[column]! > bestSize) {
        best = column;
        bestSize = groupSize[column]!;
      }
    }
    this.unknownEnd = end;
    if (best >= 0 || end === 0) return best;
    return this.columnOfShortestRow();
  }

  /** For when no row has one or two unknowns: of the shortest row, the column that is in most rows. */
  private columnOfShortestRow(): number {
    const { unknownCount, columnStarts } = this;
    let shortest = -1;
    for (let row = 0; row < this.rows.count; row++) {
      const count = unknownCount[row]!;
      if (count > 0 && (shortest < 0 || count < unknownCount[shortest]!)) shortest = row;
    }
    if (shortest < 0) return this.unknown[0]!;
    let best = -1;
    let bestCount = -1;
    for (let i = this.rows.starts[shortest]!; i < this.rows.starts[shortest + 1]!; i++) {
      const column = this.rows.columns[i]!;
      if (column >= this.settled.length || this.settled[column] === 1) continue;
      const count = columnStarts[column + 1]! - columnStarts[column]!;
      if (count > bestCount) {
        best = column;
        bestCount = count;
      }
    }
    return best;
  }

  private noteCount(row: number): void {
    const count = this.unknownCount[row]!;
    if (count === 1) {
      this.singles[this.singleCount++] = row;
    } else if (count === 2) {
      const column = this.firstUnknown(row);
      this.join(column, this.unknownSum[row]! ^ column);
    }
  }

  private firstUnknown(row: number): number {
    const { columns, starts } = this.rows;
    const { settled } = this;
    let i = starts[row]!;
    while (columns[i]! >= settled.length || settled[columns[i]!] === 1) i++;
    return columns[i]!;
  }

  private join(left: number, right: number): void {
    const a = this.groupOf(left);
    const b = this.groupOf(right);
    if (a === b) return;
    const [large, small] = this.groupSize[a]! >= this.groupSize[b]! ? [a, b] : [b, a];
    this.parent[small] = large;
    this.groupSize[large]! += this.groupSize[small]!;
  }

  private groupOf(column: number): number {
    const { parent } = this;
    let at = column;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  }

  /** Fills the counts of rows and returns the rows of each column. */
  private transpose(ltCount: number): Int32Array {
    const { columns, starts } = this.rows;
    const { columnStarts, unknownCount, unknownSum } = this;
    for (let row = 0; row < this.rows.count; row++) {
      for (let i = starts[row]!; i < starts[row + 1]!; i++) {
        const column = columns[i]!;
        if (column >= ltCount) continue;
        columnStarts[column + 1]!++;
        unknownCount[row]!++;
        unknownSum[row]! ^= column;
      }
    }
    for (let column = 0; column < ltCount; column++) columnStarts[column + 1]! += columnStarts[column]!;
    const columnRows = new Int32Array(columnStarts[ltCount]!);
    const next = columnStarts.slice();
    for (let row = 0; row < this.rows.count; row++) {
      for (let i = starts[row]!; i < starts[row + 1]!; i++) {
        const column = columns[i]!;
        if (column < ltCount) columnRows[next[column]!++] = row;
      }
    }
    return columnRows;
  }
}
