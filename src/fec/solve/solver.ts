import { type BlockCode, internalId } from '../code.js';
import { EXP } from '../kernels/gf256.js';
import { COMBINE, type ProgramBuilder, SUM, symbolRow } from '../kernels/program.js';
import { type DenseSolution, solveChecks } from './dense.js';
import { appendSymbol, denseCheckRows, equationsFor, MAX_SYMBOL_TERMS, type SparseRows } from './equations.js';
import { type Peeling, peel } from './peeling.js';
import { appendProduct, type BitMatrix, PRODUCT_SCRATCH_ROWS, productCost } from './product.js';
import { type Reduction, reduce } from './reduction.js';

/**
 * The solved equations of some known symbols. Writes programs that repeat with symbols the steps that solved the equations.
 *
 * Symbol rows hold the known symbols. Working rows 0 to L − 1 are the intermediate symbols, the others are scratch.
 */
export class Solver {
  private readonly code: BlockCode;
  private readonly rows: SparseRows;
  private readonly peeling: Peeling;
  private readonly reduction: Reduction;
  private readonly dense: DenseSolution;
  private readonly pairs: Int32Array;
  /** For each equation the symbol row that holds its sum; −1 for an equation whose sum is zero. */
  private readonly sums: Int32Array;
  private readonly scratch: number;
  private readonly checkRow: number;
  private readonly restRow: number;

  /**
   * @param esis ESI of the symbol in each row; −1 for an empty row
   * @returns undefined if these symbols do not determine the block
   */
  static of(code: BlockCode, esis: Int32Array): Solver | undefined {
    const { ids, sums } = known(code, esis);
    const rows = equationsFor(code, ids);
    const peeling = peel(code, rows);
    if (peeling === undefined) return undefined;
    const reduction = reduce(code, rows, peeling);
    if (reduction === undefined) return undefined;
    const pairs = denseCheckRows(code);
    const dense = solveChecks(code, rows, peeling, reduction, pairs);
    if (dense === undefined) return undefined;
    return new Solver(code, rows, sums, peeling, reduction, dense, pairs);
  }

  private constructor(
    code: BlockCode,
    rows: SparseRows,
    sums: Int32Array,
    peeling: Peeling,
    reduction: Reduction,
    dense: DenseSolution,
    pairs: Int32Array,
  ) {
    this.code = code;
    this.rows = rows;
    this.sums = sums;
    this.peeling = peeling;
    this.reduction = reduction;
    this.dense = dense;
    this.pairs = pairs;
    this.scratch = code.intermediateCount;
    this.checkRow = this.scratch + PRODUCT_SCRATCH_ROWS;
    this.restRow = this.checkRow + 1 + code.hdpcCount;
  }

  /** Working rows that the solver uses; a program may use more after them. */
  get workRowCount(): number {
    return this.restRow + this.peeling.restRows.length;
  }

  /** Solves the inactive columns. Each pivot column then has the value that it would have if all inactive columns were zero. */
  solveInactive(program: ProgramBuilder): void {
    const { peeling, reduction, rows } = this;
    const { inactiveColumns, pivotRows, restRows } = peeling;
    for (const column of inactiveColumns) program.begin(SUM, column);
    for (const row of pivotRows) this.appendPivot(program, row, rows.permanents[row]!);
    if (reduction.free.length > 0) this.appendChecks(program);
    for (let i = 0; i < restRows.length; i++) {
      const row = restRows[i]!;
      this.appendEquation(program, this.restRow + i, row, rows.starts[row]!, rows.permanents[row]!);
    }
    const targets = Int32Array.from(reduction.solved, (i) => inactiveColumns[i]!);
    const sources = Int32Array.from(restRows, (_, i) => this.restRow + i);
    appendProduct(program, reduction.solution, targets, sources, false, this.scratch);
    if (reduction.free.length > 0) this.appendFree(program);
  }

  /** Computes every pivot column again, with the inactive columns that are known now. */
  substituteAll(program: ProgramBuilder): void {
    for (const row of this.peeling.pivotRows) this.appendPivot(program, row, this.rows.starts[row + 1]!);
  }

  /**
   * Makes the symbols with the given ids from the intermediate symbols as `solveInactive` leaves them, and corrects the pivot
   * columns for the inactive ones.
   *
   * @param targets the rows to write, one for each id
   * @param accumulate whether the symbols are added to the targets; else they replace them
   */
  addSymbols(program: ProgramBuilder, ids: ArrayLike<number>, targets: ArrayLike<number>, accumulate: boolean): void {
    const { bits, wordsPerRow } = this.reduction.dependence;
    const columns = new Uint16Array(MAX_SYMBOL_TERMS);
    const corrections = new Int32Array(ids.length * wordsPerRow);
    for (let i = 0; i < ids.length; i++) {
      const end = appendSymbol(this.code, ids[i]!, columns, 0);
      program.begin(SUM, targets[i]!);
      if (accumulate) program.add(targets[i]!);
      for (let at = 0; at < end; at++) {
        const column = columns[at]!;
        if (this.isPivot(column)) program.add(column);
        for (let w = 0; w < wordsPerRow; w++) corrections[i * wordsPerRow + w]! ^= bits[column * wordsPerRow + w]!;
      }
    }
    const matrix: BitMatrix = { bits: corrections, wordsPerRow, firstWord: 0 };
    appendProduct(program, matrix, targets, this.peeling.inactiveColumns, true, this.scratch);
  }

  /** Whether `addSymbols` is less work for so many symbols than `substituteAll` and sums of the intermediate symbols. */
  isFew(symbolCount: number): boolean {
    return productCost(symbolCount, this.peeling.inactiveColumns.length) < this.rows.starts[this.rows.count]!;
  }

  /** Makes the pivot of a row the sum of the equation's right side and its other columns before index `end`. */
  private appendPivot(program: ProgramBuilder, row: number, end: number): void {
    const first = this.rows.starts[row]!;
    this.appendEquation(program, this.rows.columns[first]!, row, first + 1, end);
  }

  /** Makes `target` the sum of the equation's right side and some of its columns. */
  private appendEquation(program: ProgramBuilder, target: number, row: number, from: number, to: number): void {
    program.beginSum(target, 1 + to - from);
    const sum = this.sums[row]!;
    if (sum >= 0) program.put(symbolRow(sum));
    program.putAll(this.rows.columns, from, to);
    program.endSum();
  }

  /** Computes the rest of each dense check: its sum over the pivot columns. */
  private appendChecks(program: ProgramBuilder): void {
    const { code } = this;
    for (let h = 0; h < code.hdpcCount; h++) program.begin(SUM, this.checkRow + 1 + h);
    program.checks(this.checkRow, this.pairs);
    for (let h = 0; h < code.hdpcCount; h++) {
      program.begin(COMBINE, this.checkRow + 1 + h);
      program.addScaled(this.checkRow + 1 + h, 1);
      program.addScaled(this.checkRow, EXP[h]!);
    }
  }

  /**
   * Adds the solved columns to the checks, computes the free columns from the checks, and adds the free to the solved columns.
   */
  private appendFree(program: ProgramBuilder): void {
    const { code } = this;
    const { inactiveColumns } = this.peeling;
    const { free, solved, takesFree } = this.reduction;
    const { coefficients, weights } = this.dense;
    for (let h = 0; h < code.hdpcCount; h++) {
      program.begin(COMBINE, this.checkRow + 1 + h);
      program.addScaled(this.checkRow + 1 + h, 1);
      for (const i of solved) {
        const coefficient = coefficients[h * inactiveColumns.length + i]!;
        if (coefficient !== 0) program.addScaled(inactiveColumns[i]!, coefficient);
      }
    }
    for (let k = 0; k < free.length; k++) {
      program.begin(COMBINE, inactiveColumns[free[k]!]!);
      for (let h = 0; h < code.hdpcCount; h++) {
        const weight = weights[k * code.hdpcCount + h]!;
        if (weight !== 0) program.addScaled(this.checkRow + 1 + h, weight);
      }
    }
    for (let i = 0; i < solved.length; i++) {
      const column = inactiveColumns[solved[i]!]!;
      program.begin(SUM, column);
      program.add(column);
      for (let k = 0; k < free.length; k++) if (takesFree(i, k)) program.add(inactiveColumns[free[k]!]!);
    }
  }

  private isPivot(column: number): boolean {
    return this.peeling.isPivot[column] === 1;
  }
}

/** The equations of the known symbols: those of `esis`, and the zeros that pad the block to K′. */
function known(code: BlockCode, esis: Int32Array): { ids: Int32Array; sums: Int32Array } {
  const { ldpcCount, paddedCount, sourceCount } = code;
  const ids = new Int32Array(esis.length + paddedCount - sourceCount);
  const sums = new Int32Array(ldpcCount + ids.length).fill(-1);
  let count = 0;
  for (let row = 0; row < esis.length; row++) {
    if (esis[row]! < 0) continue;
    sums[ldpcCount + count] = row;
    ids[count++] = internalId(code, esis[row]!);
  }
  for (let id = sourceCount; id < paddedCount; id++) ids[count++] = id;
  return { ids: ids.subarray(0, count), sums };
}
