import { deleteOldest } from '../../base/delete-oldest.js';
import type { BlockCode } from '../code.js';
import { type EncodingPlan, planner } from './planner.js';

/**
 * Block sizes whose plans are kept: the blocks of an object have two sizes at most, and a plan for 8192 symbols takes 1.1 MB.
 */
const MAX_CACHED_PLANS = 8;
/** The most recently used are last. */
const encodingPlans = new Map<number, EncodingPlan>();

/** The plan for blocks of this size, made on first use. */
export function encodingPlan(code: BlockCode): EncodingPlan {
  const plan = encodingPlans.get(code.sourceCount) ?? planner().planEncoding(code);
  encodingPlans.delete(code.sourceCount);
  encodingPlans.set(code.sourceCount, plan);
  if (encodingPlans.size > MAX_CACHED_PLANS) deleteOldest(encodingPlans);
  return plan;
}
