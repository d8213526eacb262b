import type { BlockCode } from '../code.js';
import type { Columns, SparseRows } from './equations.js';

/** A row's count of unknown columns is kept above the 16 bits of their exclusive or. */
const ONE_UNKNOWN = 0x10000;

/**
 * An order in which substitution solves the sparse equations, once the values of a few "inactive" columns are known. Step t gives
 * column `pivotColumns[t]` from row `pivotRows[t]`, whose other columns are inactive or pivots of earlier steps. The pivot is the first column
 * of its row.
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
 * connect, because this frees the whole group. Puts the pivot of each row in front.
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
      const column = state.unknownOf(row);
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
  putPivotsFirst(rows, pivotRows, pivotColumns, pivotCount);
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

function putPivotsFirst(
  { columns, starts }: SparseRows,
  pivotRows: Int32Array,
  pivotColumns: Int32Array,
  count: number,
): void {
  for (let step = 0; step < count; step++) {
    const start = starts[pivotRows[step]!]!;
    const pivot = pivotColumns[step]!;
    let at = start;
    while (columns[at] !== pivot) at++;
    columns[at] = columns[start]!;
    columns[start] = pivot;
  }
}

/** The unknown columns of each row, and the groups of columns that rows of two unknowns connect. */
class PeelState {
  private readonly rows: SparseRows;
  /** For each row how many unknown columns it has, times `ONE_UNKNOWN`, and the exclusive or of their numbers: of a single one, its number. */
  private readonly unknownOfRow: Int32Array;
  private readonly columnStarts: Int32Array;
  private readonly columnRows: Int32Array;
  private readonly settled: Uint8Array;
  private settledCount = 0;
  private readonly singles: Int32Array;
  private singleCount = 0;
  /** Rows that had two unknowns at some time since the last choice. Most of them have none when the next choice comes. */
  private readonly pairs: Int32Array;
  private pairCount = 0;
  // Union-find. A group is never divided: when one of its columns is settled, all are settled before the next choice.
  private readonly parent: Columns;
  private readonly groupSize: Columns;
  /** The columns that stand for the groups of two and more; a walk of the list drops those that no longer do. */
  private readonly groups: Columns;
  private groupsEnd = 0;

  constructor(ltCount: number, rows: SparseRows) {
    this.rows = rows;
    this.unknownOfRow = new Int32Array(rows.count);
    this.settled = new Uint8Array(ltCount);
    this.singles = new Int32Array(rows.count);
    this.pairs = new Int32Array(rows.count);
    this.columnStarts = new Int32Array(ltCount + 1);
    this.groups = new Uint16Array(ltCount);
    this.parent = new Uint16Array(ltCount);
    this.groupSize = new Uint16Array(ltCount).fill(1);
    for (let column = 0; column < ltCount; column++) this.parent[column] = column;
    this.columnRows = this.transpose(ltCount);
    for (let row = 0; row < rows.count; row++) this.noteCount(row, this.unknownOfRow[row]!);
  }

  /** A row with one unknown column, or −1. */
  nextSingle(): number {
    while (this.singleCount > 0) {
      const row = this.singles[--this.singleCount]!;
      if (this.unknownOfRow[row]! >>> 16 === 1) return row;
    }
    return -1;
  }

  /** The unknown column of a row that has only this one. */
  unknownOf(row: number): number {
    return this.unknownOfRow[row]! & 0xffff;
  }

  /** Takes a column out of all rows. */
  settle(column: number): void {
    const { columnRows, unknownOfRow } = this;
    this.settled[column] = 1;
    this.settledCount++;
    const end = this.columnStarts[column + 1]!;
    for (let i = this.columnStarts[column]!; i < end; i++) {
      const row = columnRows[i]!;
      const left = (unknownOfRow[row]! ^ column) - ONE_UNKNOWN;
      unknownOfRow[row] = left;
      if (left < 3 * ONE_UNKNOWN) this.noteCount(row, left);
    }
  }

  /**
   * The column that frees most others when it is inactive; −1 when no column is unknown. Call it only when no row has one
   * unknown.
   */
  columnToInactivate(): number {
    this.joinPairs();
    const { groups, groupSize, parent, settled } = this;
    let best = -1;
    let end = 0;
    for (let i = 0; i < this.groupsEnd; i++) {
      const column = groups[i]!;
      if (settled[column] === 1 || parent[column] !== column) continue;
      groups[end++] = column;
      if (best < 0 || groupSize[column]! > groupSize[best]!) best = column;
    }
    this.groupsEnd = end;
    if (best >= 0 || this.settledCount === settled.length) return best;
    return this.columnOfShortestRow();
  }

  /** For when no row has one or two unknowns: of the shortest row, the column that is in most rows. */
  private columnOfShortestRow(): number {
    const { unknownOfRow, columnStarts } = this;
    let shortest = -1;
    let least = 0;
    for (let row = 0; row < this.rows.count; row++) {
      const count = unknownOfRow[row]! >>> 16;
      if (count === 0 || (shortest >= 0 && count >= least)) continue;
      shortest = row;
      least = count;
    }
    if (shortest < 0) return this.settled.indexOf(0);
    let best = -1;
    let bestCount = -1;
    for (let i = this.rows.starts[shortest]!; i < this.rows.permanents[shortest]!; i++) {
      const column = this.rows.columns[i]!;
      if (this.settled[column] === 1) continue;
      const count = columnStarts[column + 1]! - columnStarts[column]!;
      if (count > bestCount) {
        best = column;
        bestCount = count;
      }
    }
    return best;
  }

  private noteCount(row: number, left: number): void {
    const count = left >>> 16;
    if (count === 1) this.singles[this.singleCount++] = row;
    else if (count === 2) this.pairs[this.pairCount++] = row;
  }

  /** Joins the columns of each row that has two unknowns. */
  private joinPairs(): void {
    const { pairs, unknownOfRow } = this;
    for (let i = 0; i < this.pairCount; i++) {
      const left = unknownOfRow[pairs[i]!]!;
      if (left >>> 16 !== 2) continue;
      const column = this.firstUnknown(pairs[i]!);
      this.join(column, (left & 0xffff) ^ column);
    }
    this.pairCount = 0;
  }

  private firstUnknown(row: number): number {
    const { columns, starts } = this.rows;
    let i = starts[row]!;
    while (this.settled[columns[i]!] === 1) i++;
    return columns[i]!;
  }

  private join(left: number, right: number): void {
    const a = this.groupOf(left);
    const b = this.groupOf(right);
    if (a === b) return;
    const isLarger = this.groupSize[a]! >= this.groupSize[b]!;
    const large = isLarger ? a : b;
    const small = isLarger ? b : a;
    this.parent[small] = large;
    this.groupSize[large]! += this.groupSize[small]!;
    if (this.groupSize[large] === 2) this.groups[this.groupsEnd++] = large;
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
    const { columns, count, permanents, starts } = this.rows;
    const { columnStarts, unknownOfRow } = this;
    for (let row = 0; row < count; row++) {
      const end = permanents[row]!;
      let sum = (end - starts[row]!) * ONE_UNKNOWN;
      for (let i = starts[row]!; i < end; i++) {
        const column = columns[i]!;
        columnStarts[column]!++;
        sum ^= column;
      }
      unknownOfRow[row] = sum;
    }
    for (let column = 1; column <= ltCount; column++) columnStarts[column]! += columnStarts[column - 1]!;
    // Each start is at the end of its column now, and goes back as the column is filled.
    const columnRows = new Int32Array(columnStarts[ltCount]!);
    for (let row = count - 1; row >= 0; row--) {
      const end = permanents[row]!;
      for (let i = starts[row]!; i < end; i++) columnRows[--columnStarts[columns[i]!]!] = row;
    }
    return columnRows;
  }
}
