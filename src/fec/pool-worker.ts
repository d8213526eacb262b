// The worker file of CodingPool (pool.ts).
import { createHash } from 'node:crypto';
import { moving } from '../work/calls.js';
import { serveCalls } from '../work/serve-calls.js';
import { solveBlock } from './arrange.js';
import { blockCode } from './code.js';
import type { PartialBlock } from './decoder.js';
import { encodingPlan } from './solve/encoding-plan.js';

export interface SolveRequest extends PartialBlock {
  readonly symbolBytes: number;
  /** How much of the block is hashed. */
  readonly lengthBytes: number;
}

const worker = () => ({
  /** Makes what blocks of so many symbols need, so that the first block takes no longer than the next. */
  prepare: (sourceCount: number) => {
    encodingPlan(blockCode(sourceCount));
  },
  /** The block, and its SHA-256 if its symbols determine it. */
  solve: (request: SolveRequest) => {
    const { block, symbolBytes, lengthBytes } = request;
    const isSolved = solveBlock(request, symbolBytes);
    const digest = isSolved ? createHash('sha256').update(block.subarray(0, lengthBytes)).digest() : undefined;
    return moving({ block, digest }, block);
  },
});

export type PoolWorker = typeof worker;

serveCalls(worker);
