// The planner: makes of the ESIs of known symbols the program by which a kernel restores the block (docs/erasure-code.md, "How it works").
//
// It is WebAssembly because of the first block of a process. V8 compiles such code in a few milliseconds and all at once; the same in TypeScript took 0.3 s of
// processor time for its first plan, until V8 had seen which functions are worth machine code. It needs no SIMD, so that every engine has it.
//
// Memory is never freed, but all of it at once when the next plan begins (`begin`). Nothing survives that but the code of the block.

import { intermediateCount, sourceCount } from './code';
import { Correction } from './correction';
import { writeSymbol } from './equations';
import { BitMatrix } from './product';
import { ProgramBuilder, SUM, symbolRow } from './program';
import { solverOf } from './solver';
import { appendSymbols, missingOf, SymbolSums } from './symbol-sums';

export { setCode } from './code';
export { RANDOM_TABLES } from './random';

/** Address of the columns that `symbolColumns` gives. */
export const SYMBOL_COLUMNS: usize = memory.data(33 * 2, 16);

/** The plan that was made last: address of its program, words of it, and working rows. */
export let program: usize = 0;
export let programWords: i32 = 0;
export let workRowCount: i32 = 0;

/** Of the encoding that was planned last: words until all inactive columns are solved, these columns, and the bits of `Reduction.dependence`. */
export let solveInactiveWords: i32 = 0;
export let inactiveColumns: usize = 0;
export let inactiveCount: i32 = 0;
export let dependence: usize = 0;
export let dependenceWords: i32 = 0;

/** Of the correction that was begun: where `Correction.matrix` is, and how long its rows are. */
export let matrix: usize = 0;
export let matrixWidthBytes: i32 = 0;

let builder = changetype<ProgramBuilder>(0);
let correction = changetype<Correction>(0);

/** Gives all memory back. Comes before each plan. */
export function begin(): void {
  heap.reset();
}

/** Room for so many words, which the host fills before it calls what plans. */
export function words(count: i32): StaticArray<i32> {
  return new StaticArray<i32>(count);
}

/** Writes the columns of a symbol of the padded block to `SYMBOL_COLUMNS`, at any time. @returns how many they are */
export function symbolColumns(id: i32): i32 {
  return writeSymbol(id, SYMBOL_COLUMNS);
}

/** Plans to make the intermediate symbols of the source symbols. @returns false if RFC 6330 has no code for the block */
export function planEncoding(): bool {
  const esis = new StaticArray<i32>(sourceCount);
  for (let esi = 0; esi < sourceCount; esi++) esis[esi] = esi;
  const solver = solverOf(esis);
  if (solver === null) return false;
  builder = new ProgramBuilder();
  solver.solveInactive(builder);
  solveInactiveWords = builder.length;
  solver.substituteAll(builder);
  for (let column = 0; column < intermediateCount; column++) {
    builder.begin(SUM, symbolRow(column));
    builder.add(column);
  }
  const columns = solver.peeling.inactiveColumns;
  const bits = solver.reduction.dependence.bits;
  inactiveColumns = changetype<usize>(columns);
  inactiveCount = columns.length;
  dependence = changetype<usize>(bits);
  dependenceWords = bits.length << 1;
  show(0, solver.workRowCount);
  return true;
}

/**
 * Plans to solve for the intermediate symbols and to make the missing source symbols from these.
 *
 * @param esis ESI of the symbol in each row; −1 for an empty row. A source symbol is in the row of its ESI
 * @returns false if these symbols do not determine the block
 */
export function planSolution(esis: StaticArray<i32>): bool {
  const solver = solverOf(esis);
  if (solver === null) return false;
  const missing = missingOf(esis);
  const targets = new StaticArray<i32>(missing.length);
  for (let i = 0; i < missing.length; i++) targets[i] = symbolRow(missing[i]);
  let sums: SymbolSums | null = null;
  if (solver.isFew(missing.length)) {
    sums = new SymbolSums(solver.peeling.inactiveColumns, solver.reduction.dependence, missing, targets, false);
  }
  builder = new ProgramBuilder();
  solver.solveInactive(builder);
  if (sums !== null) {
    sums.append(builder);
  } else {
    solver.substituteAll(builder);
    appendSymbols(builder, missing, targets);
  }
  show(0, solver.workRowCount);
  return true;
}

/**
 * Begins to plan a correction of the block's encoding. The plan that it shows is the trial, which makes the repair symbols of any block: the host
 * runs it to fill the matrix.
 *
 * @param esis as those of `planSolution`
 * @param solveInactive the words of the encoding
 * @param encodingRows working rows of the encoding
 * @param inactive columns of the encoding
 * @param bits of the encoding's dependence
 * @returns false if there are fewer repair symbols than missing ones
 */
export function beginCorrection(
  esis: StaticArray<i32>,
  solveInactive: StaticArray<i32>,
  encodingRows: i32,
  inactive: StaticArray<i32>,
  bits: StaticArray<u64>,
): bool {
  correction = new Correction(esis, encodingRows, inactive, new BitMatrix(bits, (inactive.length + 63) >> 6, 0));
  if (correction.differences.length < correction.missing.length) return false;
  matrix = changetype<usize>(correction.matrix);
  matrixWidthBytes = correction.widthBytes;
  builder = new ProgramBuilder();
  correction.appendEncoding(builder, solveInactive);
  const trial = builder.length;
  correction.appendTrial(builder);
  show(trial, encodingRows + correction.differences.length);
  return true;
}

/** Ends the plan of a correction, when the matrix has the weights. */
export function endCorrection(): void {
  correction.appendMissing(builder);
  show(0, workRowCount);
}

/** The program from word `from` on is the plan. */
function show(from: i32, workRows: i32): void {
  program = builder.address + ((<usize>from) << 2);
  programWords = builder.length - from;
  workRowCount = workRows;
}
