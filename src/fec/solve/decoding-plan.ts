import { type BlockCode, internalId } from '../code.js';
import { type Plan, SUM, symbolRow } from '../kernels/program.js';
import { planCorrection } from './correction.js';
import { encodingPlan } from './encoding-plan.js';
import { appendSymbol, MAX_SYMBOL_TERMS } from './equations.js';
import { planBuilder } from './plan-builder.js';
import { Solver } from './solver.js';

/**
 * Correcting an encoding is faster than solving anew for up to this many times √L missing symbols. Measured with symbols of 1184
 * bytes: both take the same time at 2.2·√L for K = 128, at 2.9·√L for 1024, at 2.7·√L for 8192 and 30,000. At 1·√L correcting
 * takes half the time.
 */
const MANY_MISSING = 2;

/**
 * Plans how to make the missing source symbols, each in the row of its ESI.
 *
 * @param esis the ESI of the symbol in each row of the block, then of the spare rows; −1 for an empty row. A source symbol is in
 *   the row of its ESI
 * @returns a plan that is valid until the next plan is made; undefined if these symbols do not determine the block
 */
export function planDecoding(code: BlockCode, esis: Int32Array): Plan | undefined {
  const missing: number[] = [];
  for (let esi = 0; esi < code.sourceCount; esi++) if (esis[esi] !== esi) missing.push(esi);
  return missing.length <= MANY_MISSING * Math.sqrt(code.intermediateCount)
    ? planCorrection(code, esis, missing, encodingPlan(code))
    : planSolution(code, esis, missing);
}

/** Plans to solve for the intermediate symbols and to make the missing source symbols from these. */
function planSolution(code: BlockCode, esis: Int32Array, missing: readonly number[]): Plan | undefined {
  const solver = Solver.of(code, esis);
  if (solver === undefined) return undefined;
  const program = planBuilder();
  solver.solveInactive(program);
  const targets = missing.map(symbolRow);
  if (solver.isFew(missing.length)) {
    solver.addSymbols(program, missing, targets, false);
  } else {
    solver.substituteAll(program);
    const columns = new Int32Array(MAX_SYMBOL_TERMS);
    for (let i = 0; i < missing.length; i++) {
      const end = appendSymbol(code, internalId(code, missing[i]!), columns, 0);
      program.begin(SUM, targets[i]!);
      for (let at = 0; at < end; at++) program.add(columns[at]!);
    }
  }
  return { program: program.view(), symbolRowCount: esis.length, workRowCount: solver.workRowCount };
}
