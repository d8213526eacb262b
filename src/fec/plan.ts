import type { BlockCode } from './code.js';
import { internalId } from './code.js';
import { planCorrection } from './correction.js';
import { appendSymbol, MAX_SYMBOL_TERMS } from './equations.js';
import { type Program, ProgramBuilder, SUM } from './program.js';
import { Solver } from './solver.js';

/**
 * A program for a block, and the table of symbols it runs on: rows 0 to L − 1 are the intermediate symbols, rows L to
 * L + K − 1 the block; rows from `spareRow` on are more known symbols; the others are scratch.
 */
export interface Plan {
  readonly program: Program;
  readonly rowCount: number;
  readonly spareRow: number;
}

/** How to get the intermediate symbols of a block from its source symbols. */
export interface EncodingPlan extends Plan {
  readonly solver: Solver;
  /** The program's first words, which stop when the inactive columns are solved. */
  readonly solveInactive: Program;
}

/** Block sizes in use: an object's blocks have two at most, and a plan for 8192 symbols takes 1.5 MB. */
const MAX_CACHED_PLANS = 8;
/**
 * Up to this many times √L missing symbols, correcting an encoding is the faster of the two ways, at 1184 bytes a symbol
 * (measured: equal at 2.2 for K = 128, at 2.9 for 1024, 2.7 for 8192 and 30,000; at 1, half the time).
 */
const MANY_MISSING = 2;
/** The most recently used are last. */
const encodingPlans = new Map<number, EncodingPlan>();

/** The plan for blocks of this size, made on first use. */
export function encodingPlan(code: BlockCode): EncodingPlan {
  const plan = encodingPlans.get(code.sourceCount) ?? planEncoding(code);
  encodingPlans.delete(code.sourceCount);
  encodingPlans.set(code.sourceCount, plan);
  if (encodingPlans.size > MAX_CACHED_PLANS) encodingPlans.delete(encodingPlans.keys().next().value!);
  return plan;
}

/**
 * How to make the missing source symbols; each replaces the row of its ESI.
 *
 * @param slots the ESI of each known row, of the block and then the spare ones, −1 for a row that holds nothing; a source
 *   symbol is in the row of its own ESI
 * @returns undefined if these symbols do not determine the block
 */
export function planDecoding(code: BlockCode, slots: Int32Array): Plan | undefined {
  const missing: number[] = [];
  for (let esi = 0; esi < code.sourceCount; esi++) if (slots[esi] !== esi) missing.push(esi);
  return missing.length <= MANY_MISSING * Math.sqrt(code.intermediateCount)
    ? planCorrection(code, slots, missing, encodingPlan(code))
    : planSolution(code, slots, missing);
}

/** Solves for the intermediate symbols from the symbols there are, and makes the missing ones from those. */
function planSolution(code: BlockCode, slots: Int32Array, missing: readonly number[]): Plan | undefined {
  const solver = Solver.of(code, slots);
  if (solver === undefined) return undefined;
  const program = new ProgramBuilder();
  solver.solveInactive(program);
  const targets = missing.map((esi) => code.intermediateCount + esi);
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
  const spareRow = code.intermediateCount + code.sourceCount;
  return { program: program.build(), rowCount: solver.rowCount, spareRow };
}

function planEncoding(code: BlockCode): EncodingPlan {
  const solver = Solver.of(
    code,
    Int32Array.from({ length: code.sourceCount }, (_, esi) => esi),
  );
  if (solver === undefined) throw new Error(`RFC 6330 has no systematic index for ${code.sourceCount} symbols`);
  const builder = new ProgramBuilder();
  solver.solveInactive(builder);
  const inactiveEnd = builder.length;
  solver.substituteAll(builder);
  const program = builder.build();
  const { rowCount } = solver;
  return { program, rowCount, spareRow: rowCount, solver, solveInactive: program.subarray(0, inactiveEnd) };
}
