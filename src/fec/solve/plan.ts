import { type BlockCode, internalId } from '../code.js';
import { planCorrection } from './correction.js';
import { appendSymbol, MAX_SYMBOL_TERMS } from './equations.js';
import { type Program, ProgramBuilder, SUM, symbolRow } from './program.js';
import { Solver } from './solver.js';

/** A program, and how many rows of each kind it names. */
export interface Plan {
  readonly program: Program;
  readonly symbolRowCount: number;
  readonly workRowCount: number;
}

/** How to get the L intermediate symbols of a block from its K source symbols, which they replace. */
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
 * How to make the missing source symbols, each in the slot of its ESI.
 *
 * @param slots the ESI of each symbol, of the block and then the spare ones, −1 for a slot that holds nothing; a source
 *   symbol is in the slot of its ESI
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
  return { program: program.build(), symbolRowCount: slots.length, workRowCount: solver.workRowCount };
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
  for (let column = 0; column < code.intermediateCount; column++) {
    builder.begin(SUM, symbolRow(column));
    builder.add(column);
  }
  const program = builder.build();
  return {
    program,
    symbolRowCount: code.intermediateCount,
    workRowCount: solver.workRowCount,
    solver,
    solveInactive: program.subarray(0, inactiveEnd),
  };
}
