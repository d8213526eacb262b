import { hdpcCount, intermediateCount, internalId, ldpcCount, paddedCount, sourceCount } from './code';
import { DenseSolution, powerOfTwo, solveChecks } from './dense';
import { denseCheckRows, equationsFor, SparseRows } from './equations';
import { Peeling, peel } from './peeling';
import { appendProduct, PRODUCT_SCRATCH_ROWS, productCost } from './product';
import { COMBINE, ProgramBuilder, SUM, symbolRow } from './program';
import { Reduction, reduce } from './reduction';

/**
 * The solved equations of some known symbols. Writes programs that repeat with symbols the steps that solved the equations.
 *
 * Symbol rows hold the known symbols. Working rows 0 to L − 1 are the intermediate symbols, the others are scratch.
 */
export class Solver {
  private readonly checkRow: i32;
  private readonly restRow: i32;
  /** The columns of `reduction.solved`, and the rows of the sums of `restRows`. */
  private readonly solvedColumns: StaticArray<i32>;
  private readonly restSums: StaticArray<i32>;

  /** @param sums for each equation the symbol row that holds its sum; −1 for an equation whose sum is zero */
  constructor(
    private readonly rows: SparseRows,
    private readonly sums: StaticArray<i32>,
    readonly peeling: Peeling,
    readonly reduction: Reduction,
    private readonly dense: DenseSolution,
    private readonly pairs: StaticArray<u32>,
  ) {
    const checkRow = intermediateCount + PRODUCT_SCRATCH_ROWS;
    const restRow = checkRow + 1 + hdpcCount;
    const solvedColumns = new StaticArray<i32>(reduction.solved.length);
    for (let i = 0; i < solvedColumns.length; i++) solvedColumns[i] = peeling.inactiveColumns[reduction.solved[i]];
    const restSums = new StaticArray<i32>(peeling.restRows.length);
    for (let i = 0; i < restSums.length; i++) restSums[i] = restRow + i;
    this.checkRow = checkRow;
    this.restRow = restRow;
    this.solvedColumns = solvedColumns;
    this.restSums = restSums;
  }

  /** Working rows that the solver uses; a program may use more after them. */
  get workRowCount(): i32 {
    return this.restRow + this.restSums.length;
  }

  /** Solves the inactive columns. Each pivot column then has the value that it would have if all inactive columns were zero. */
  solveInactive(program: ProgramBuilder): void {
    const inactiveColumns = this.peeling.inactiveColumns;
    const pivotRows = this.peeling.pivotRows;
    const restRows = this.peeling.restRows;
    const rows = this.rows;
    const hasFree = this.reduction.free.length > 0;
    for (let i = 0; i < inactiveColumns.length; i++) program.begin(SUM, inactiveColumns[i]);
    for (let step = 0; step < pivotRows.length; step++) {
      this.appendPivot(program, pivotRows[step], rows.permanents[pivotRows[step]]);
    }
    if (hasFree) this.appendChecks(program);
    for (let i = 0; i < restRows.length; i++) {
      const row = restRows[i];
      this.appendEquation(program, this.restSums[i], row, rows.starts[row], rows.permanents[row]);
    }
    appendProduct(program, this.reduction.solution, this.solvedColumns, this.restSums, false, intermediateCount);
    if (hasFree) this.appendFree(program);
  }

  /** Computes every pivot column again, with the inactive columns that are known now. */
  substituteAll(program: ProgramBuilder): void {
    const pivotRows = this.peeling.pivotRows;
    for (let step = 0; step < pivotRows.length; step++) {
      this.appendPivot(program, pivotRows[step], this.rows.starts[pivotRows[step] + 1]);
    }
  }

  /** Whether `SymbolSums` is less work for so many symbols than `substituteAll` and sums of the intermediate symbols. */
  isFew(symbolCount: i32): bool {
    return productCost(symbolCount, this.peeling.inactiveColumns.length) < this.rows.termCount;
  }

  /** Makes the pivot of a row the sum of the equation's right side and its other columns before index `end`. */
  private appendPivot(program: ProgramBuilder, row: i32, end: i32): void {
    const first = this.rows.starts[row];
    this.appendEquation(program, this.rows.columns[first], row, first + 1, end);
  }

  /** Makes `target` the sum of the equation's right side and some of its columns. */
  private appendEquation(program: ProgramBuilder, target: i32, row: i32, from: i32, to: i32): void {
    program.begin(SUM, target);
    const sum = this.sums[row];
    if (sum >= 0) program.add(symbolRow(sum));
    program.addAll(this.rows.at(from), to - from);
  }

  /** Computes the rest of each dense check: its sum over the pivot columns. */
  private appendChecks(program: ProgramBuilder): void {
    const firstRest = this.checkRow + 1;
    for (let h = 0; h < hdpcCount; h++) program.begin(SUM, firstRest + h);
    program.checks(this.checkRow, this.pairs);
    for (let h = 0; h < hdpcCount; h++) {
      program.begin(COMBINE, firstRest + h);
      program.addScaled(firstRest + h, 1);
      program.addScaled(this.checkRow, powerOfTwo(h));
    }
  }

  /**
   * Adds the solved columns to the checks, computes the free columns from the checks, and adds the free to the solved columns.
   */
  private appendFree(program: ProgramBuilder): void {
    const firstRest = this.checkRow + 1;
    const inactiveColumns = this.peeling.inactiveColumns;
    const free = this.reduction.free;
    const solved = this.reduction.solved;
    const coefficients = this.dense.coefficients;
    const weights = this.dense.weights;
    for (let h = 0; h < hdpcCount; h++) {
      program.begin(COMBINE, firstRest + h);
      program.addScaled(firstRest + h, 1);
      for (let i = 0; i < solved.length; i++) {
        const coefficient = coefficients[h * inactiveColumns.length + solved[i]];
        if (coefficient !== 0) program.addScaled(this.solvedColumns[i], coefficient);
      }
    }
    for (let k = 0; k < free.length; k++) {
      program.begin(COMBINE, inactiveColumns[free[k]]);
      for (let h = 0; h < hdpcCount; h++) {
        const weight = weights[k * hdpcCount + h];
        if (weight !== 0) program.addScaled(firstRest + h, weight);
      }
    }
    for (let i = 0; i < solved.length; i++) {
      const column = this.solvedColumns[i];
      program.begin(SUM, column);
      program.add(column);
      for (let k = 0; k < free.length; k++) {
        if (this.reduction.takesFree(i, k)) program.add(inactiveColumns[free[k]]);
      }
    }
  }
}

/**
 * @param esis ESI of the symbol in each row; −1 for an empty row
 * @returns null if these symbols do not determine the block
 */
export function solverOf(esis: StaticArray<i32>): Solver | null {
  // The equations of the known symbols: those of `esis`, and the zeros that pad the block to K′.
  const ids = new StaticArray<i32>(esis.length + paddedCount - sourceCount);
  const sums = new StaticArray<i32>(ldpcCount + ids.length);
  memory.fill(changetype<usize>(sums), 0xff, (<usize>sums.length) << 2);
  let count = 0;
  for (let row = 0; row < esis.length; row++) {
    if (esis[row] < 0) continue;
    sums[ldpcCount + count] = row;
    ids[count++] = internalId(esis[row]);
  }
  for (let id = sourceCount; id < paddedCount; id++) ids[count++] = id;
  const rows = equationsFor(ids, count);
  const peeling = peel(rows);
  if (peeling === null) return null;
  const reduction = reduce(rows, peeling);
  if (reduction === null) return null;
  const pairs = denseCheckRows();
  const dense = solveChecks(rows, peeling, reduction, pairs);
  if (dense === null) return null;
  return new Solver(rows, sums, peeling, reduction, dense, pairs);
}
