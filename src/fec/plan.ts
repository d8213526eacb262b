import { type BlockCode, internalId } from './code.js';
import { type DenseSolution, solveChecks } from './dense.js';
import { appendSymbol, denseCheckRows, equationsFor, type SparseRows } from './equations.js';
import { EXP } from './gf256.js';
import { type Peeling, peel } from './peeling.js';
import { appendProduct, type BitMatrix, PRODUCT_SCRATCH_ROWS, productCost } from './product.js';
import { COMBINE, type Program, ProgramBuilder, SUM } from './program.js';
import { type Reduction, reduce } from './reduction.js';

/**
 * A program that solves a block, and the table of symbols it runs on: rows 0 to L − 1 are the intermediate symbols, then
 * come `symbolCount` rows of known symbols, then scratch.
 */
export interface Plan {
  readonly program: Program;
  readonly symbolCount: number;
  readonly rowCount: number;
}

/** How to make all intermediate symbols out of the K source symbols, which are the known rows in order. */
export function planEncoding(code: BlockCode): Plan {
  const esis = Int32Array.from({ length: code.sourceCount }, (_, esi) => esi);
  const solver = Solver.of(code, esis);
  if (solver === undefined) throw new Error(`no solution for ${code.sourceCount} source symbols`);
  solver.solveInactive();
  solver.substituteAll();
  return solver.plan();
}

/**
 * How to make the missing source symbols.
 *
 * @param slots the ESI of each known row, −1 for a row that holds nothing; a source symbol is in the row of its own ESI.
 *   The result for a missing source symbol replaces the row of its ESI.
 * @returns undefined if these symbols do not determine the block
 */
export function planDecoding(code: BlockCode, slots: Int32Array): Plan | undefined {
  const solver = Solver.of(code, slots);
  if (solver === undefined) return undefined;
  const missing: number[] = [];
  for (let esi = 0; esi < code.sourceCount; esi++) if (slots[esi] !== esi) missing.push(esi);
  solver.solveInactive();
  solver.restore(missing);
  return solver.plan();
}

/** Writes the program: first phase, inactive columns, then what was asked for. */
class Solver {
  private readonly code: BlockCode;
  private readonly slotCount: number;
  private readonly rows: SparseRows;
  private readonly peeling: Peeling;
  private readonly reduction: Reduction;
  private readonly dense: DenseSolution;
  private readonly pairs: Int32Array;
  /** Row of the table that holds the sum of an equation, or −1 for zero. */
  private readonly sums: Int32Array;
  private readonly program = new ProgramBuilder();
  private readonly scratch: number;
  private readonly checkRow: number;
  private readonly restRow: number;

  static of(code: BlockCode, slots: Int32Array): Solver | undefined {
    const { ids, sums } = known(code, slots);
    const rows = equationsFor(code, ids);
    const peeling = peel(code, rows);
    const reduction = reduce(code, rows, peeling);
    if (reduction === undefined) return undefined;
    const pairs = denseCheckRows(code);
    const dense = solveChecks(code, reduction, peeling.inactiveColumns, pairs);
    if (dense === undefined) return undefined;
    return new Solver(code, slots.length, rows, sums, peeling, reduction, dense, pairs);
  }

  private constructor(
    code: BlockCode,
    slotCount: number,
    rows: SparseRows,
    sums: Int32Array,
    peeling: Peeling,
    reduction: Reduction,
    dense: DenseSolution,
    pairs: Int32Array,
  ) {
    this.code = code;
    this.slotCount = slotCount;
    this.rows = rows;
    this.sums = sums;
    this.peeling = peeling;
    this.reduction = reduction;
    this.dense = dense;
    this.pairs = pairs;
    this.scratch = code.intermediateCount + slotCount;
    this.checkRow = this.scratch + PRODUCT_SCRATCH_ROWS;
    this.restRow = this.checkRow + 1 + code.hdpcCount;
  }

  plan(): Plan {
    return {
      program: this.program.build(),
      symbolCount: this.slotCount,
      rowCount: this.restRow + this.peeling.restRows.length,
    };
  }

  /** Leaves the inactive columns solved, and in each pivot column its value as if all inactive ones were zero. */
  solveInactive(): void {
    const { program, peeling, reduction } = this;
    const { inactiveColumns, pivotColumns, pivotRows, restRows } = peeling;
    for (let step = 0; step < pivotRows.length; step++) {
      this.appendEquation(pivotRows[step]!, pivotColumns[step]!, pivotColumns[step]!, true);
    }
    if (reduction.free.length > 0) this.appendChecks();
    for (let i = 0; i < restRows.length; i++) this.appendEquation(restRows[i]!, -1, this.restRow + i, true);
    const targets = Int32Array.from(reduction.solved, (i) => inactiveColumns[i]!);
    const sources = Int32Array.from(restRows, (_, i) => this.restRow + i);
    appendProduct(program, reduction.solution, targets, sources, false, this.scratch);
    if (reduction.free.length > 0) this.appendFree();
  }

  /** Every pivot column again, now that the inactive ones are known. */
  substituteAll(): void {
    const { pivotColumns, pivotRows } = this.peeling;
    for (let step = 0; step < pivotRows.length; step++) {
      this.appendEquation(pivotRows[step]!, pivotColumns[step]!, pivotColumns[step]!, false);
    }
  }

  /**
   * Source symbols from the intermediate ones. A few are cheaper to correct one by one for the inactive columns than by
   * substituting all columns again; no row of the table is read after it was replaced.
   */
  restore(missing: readonly number[]): void {
    const { code, peeling, program } = this;
    const { bits, wordsPerRow } = this.reduction.dependence;
    const direct = productCost(missing.length, peeling.inactiveColumns.length) < this.rows.columns.length;
    if (!direct) this.substituteAll();
    const columns = new Int32Array(40);
    const corrections = new Int32Array(direct ? missing.length * wordsPerRow : 0);
    const targets = missing.map((esi) => code.intermediateCount + esi);
    for (let i = 0; i < missing.length; i++) {
      const end = appendSymbol(code, missing[i]!, columns, 0);
      program.begin(SUM, targets[i]!);
      for (let at = 0; at < end; at++) {
        const column = columns[at]!;
        if (!direct || this.isPivot(column)) program.add(column);
        if (!direct) continue;
        for (let w = 0; w < wordsPerRow; w++) corrections[i * wordsPerRow + w]! ^= bits[column * wordsPerRow + w]!;
      }
    }
    if (!direct) return;
    const matrix: BitMatrix = { bits: corrections, wordsPerRow, firstWord: 0 };
    appendProduct(program, matrix, targets, peeling.inactiveColumns, true, this.scratch);
  }

  /** `target` becomes the equation's sum and its columns, but for `except`; of the columns only pivots if `pivotsOnly`. */
  private appendEquation(row: number, except: number, target: number, pivotsOnly: boolean): void {
    const { program } = this;
    const { columns, starts } = this.rows;
    program.begin(SUM, target);
    if (this.sums[row]! >= 0) program.add(this.sums[row]!);
    for (let i = starts[row]!; i < starts[row + 1]!; i++) {
      const column = columns[i]!;
      if (column !== except && (!pivotsOnly || this.isPivot(column))) program.add(column);
    }
  }

  /** What the pivot columns leave of each dense check. */
  private appendChecks(): void {
    const { code, program } = this;
    for (const column of this.peeling.inactiveColumns) program.begin(SUM, column);
    for (let h = 0; h < code.hdpcCount; h++) program.begin(SUM, this.checkRow + 1 + h);
    program.checks(this.checkRow, this.pairs);
    for (let h = 0; h < code.hdpcCount; h++) {
      program.begin(COMBINE, this.checkRow + 1 + h);
      program.addScaled(this.checkRow + 1 + h, 1);
      program.addScaled(this.checkRow, EXP[h]!);
    }
  }

  /** Puts the solved columns into the checks, gets the free ones, and puts those into the solved. */
  private appendFree(): void {
    const { code, program } = this;
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

/** The equations of symbols that are known: those of the slots, and the zeros that pad the block to K′. */
function known(code: BlockCode, slots: Int32Array): { ids: Int32Array; sums: Int32Array } {
  const { intermediateCount, ldpcCount, paddedCount, sourceCount } = code;
  const ids: number[] = [];
  const sums: number[] = new Array(ldpcCount).fill(-1);
  for (let slot = 0; slot < slots.length; slot++) {
    if (slots[slot]! < 0) continue;
    ids.push(internalId(code, slots[slot]!));
    sums.push(intermediateCount + slot);
  }
  for (let id = sourceCount; id < paddedCount; id++) {
    ids.push(id);
    sums.push(-1);
  }
  return { ids: Int32Array.from(ids), sums: Int32Array.from(sums) };
}
