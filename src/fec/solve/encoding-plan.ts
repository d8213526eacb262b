import type { BlockCode } from '../code.js';
import { type Plan, type Program, SUM, symbolRow } from '../kernels/program.js';
import { planBuilder } from './plan-builder.js';
import { Solver } from './solver.js';

/** Turns the K source symbols of a block into its L intermediate symbols, which replace them. */
export interface EncodingPlan extends Plan {
  readonly solver: Solver;
  /** The beginning of the program, up to where the inactive columns are solved. */
  readonly solveInactive: Program;
}

/**
 * Block sizes whose plans are kept: the blocks of an object have two sizes at most, and a plan for 8192 symbols takes 1.5 MB.
 */
const MAX_CACHED_PLANS = 8;
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

function planEncoding(code: BlockCode): EncodingPlan {
  const solver = Solver.of(
    code,
    Int32Array.from({ length: code.sourceCount }, (_, esi) => esi),
  );
  if (solver === undefined) throw new Error(`RFC 6330 has no systematic index for ${code.sourceCount} symbols`);
  const builder = planBuilder();
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
