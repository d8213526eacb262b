import type { BlockCode } from '../code.js';
import type { Plan } from '../kernels/program.js';
import { planCorrection } from './correction.js';
import { encodingPlan } from './encoding-plan.js';
import { planner } from './planner.js';

/**
 * Correcting an encoding is faster than solving anew for up to this many times √L missing symbols. Measured with symbols of 1184
 * bytes: both take the same time at 1.7·√L for K = 128 and 1024, at 1.5·√L for 8192 and 16,384, at 1.4·√L for 30,000. At 1·√L correcting
 * takes four fifths of the time.
 */
const MANY_MISSING = 1.5;

/**
 * What the last plan of this thread was made for. It still lies in the memory of the planner until another one is begun there, so to
 * keep it costs no memory but these ESIs.
 */
let last:
  | { readonly sourceCount: number; readonly esis: Int32Array; readonly plan: Plan; readonly number: number }
  | undefined;

/**
 * Plans how to make the missing source symbols, each in the row of its ESI. Blocks that were received without losses have the same ESIs: the
 * plan of one of them, some 13 ms for 16,384 symbols, is that of the next.
 *
 * @param esis the ESI of the symbol in each row of the block, then of the spare rows; −1 for an empty row. A source symbol is in
 *   the row of its ESI
 * @returns a plan that is valid until the next plan is made; undefined if these symbols do not determine the block
 */
export function planDecoding(code: BlockCode, esis: Int32Array): Plan | undefined {
  const { sourceCount } = code;
  const isSame = last?.number === planner().planCount && last.sourceCount === sourceCount && areEqual(last.esis, esis);
  if (isSame) return last!.plan;
  const plan = newPlan(code, esis);
  last = plan && { sourceCount, esis: esis.slice(), plan, number: planner().planCount };
  return plan;
}

function areEqual(left: Int32Array, right: Int32Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

function newPlan(code: BlockCode, esis: Int32Array): Plan | undefined {
  const missing: number[] = [];
  for (let esi = 0; esi < code.sourceCount; esi++) if (esis[esi] !== esi) missing.push(esi);
  return missing.length <= MANY_MISSING * Math.sqrt(code.intermediateCount)
    ? planCorrection(code, esis, missing, encodingPlan(code))
    : planner().planSolution(code, esis);
}
