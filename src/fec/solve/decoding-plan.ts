import { type BlockCode, internalId } from '../code.js';
import { type Plan, ProgramBuilder, SUM, symbolRow } from '../kernels/program.js';
import { planCorrection } from './correction.js';
import { encodingPlan } from './encoding-plan.js';
import { appendSymbol, MAX_SYMBOL_TERMS } from './equations.js';
import { Solver } from './solver.js';

/**
 * Up to this many times √L missing symbols, correcting an encoding is the faster of the two ways, at 1184 bytes a symbol
 * (measured: equal at 2.2 for K = 128, at 2.9 for 1024, 2.7 for 8192 and 30,000; at 1, half the time).
 */
const MANY_MISSING = 2;

/**
 * How to make the missing source symbols, each in the row of its ESI.
 *
 * @param esis the ESI of each symbol, of the block and then the spare ones, −1 for a row that holds nothing; a source
 *   symbol is in the row of its ESI
 * @returns undefined if these symbols do not determine the block
 */
export function planDecoding(code: BlockCode, esis: Int32Array): Plan | undefined {
  const missing: number[] = [];
  for (let esi = 0; esi < code.sourceCount; esi++) if (esis[esi] !== esi) missing.push(esi);
  return missing.length <= MANY_MISSING * Math.sqrt(code.intermediateCount)
    ? planCorrection(code, esis, missing, encodingPlan(code))
    : planSolution(code, esis, missing);
}

/** Solves for the intermediate symbols from the symbols there are, and makes the missing ones from those. */
function planSolution(code: BlockCode, esis: Int32Array, missing: readonly number[]): Plan | undefined {
  const solver = Solver.of(code, esis);
  if (solver === undefined) return undefined;
  const program = new ProgramBuilder();
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
  return { program: program.build(), symbolRowCount: esis.length, workRowCount: solver.workRowCount };
}
