import { type ErrorCode, LayercastError } from '../base/errors.js';
import { solveBlock } from './arrange.js';
import { blockCode } from './code.js';
import { restoreBlock } from './decoder.js';
import { BlockEncoder } from './encoder.js';
import { encodingPlan } from './solve/encoding-plan.js';

/** What a pool asks of a worker thread. Memory that is not shared was copied, and goes back with the answer. */
export type Job =
  | { readonly kind: 'encode'; readonly source: Uint8Array; readonly symbolBytes: number }
  | { readonly kind: 'prepare'; readonly sourceCount: number }
  | {
      readonly kind: 'solve';
      readonly block: Uint8Array;
      readonly spare: Uint8Array;
      readonly slots: Int32Array;
      readonly symbolBytes: number;
      readonly lengthBytes: number;
    }
  | {
      readonly kind: 'restore';
      readonly block: Uint8Array;
      readonly spare: Uint8Array;
      readonly slots: Int32Array;
      readonly symbolBytes: number;
    };

/**
 * The intermediate symbols; or whether the block was restored, and the block; or the block's
 * digest, if its symbols determine the block; or that all is ready; or what went wrong.
 */
export type Answer =
  | { readonly kind: 'encoded'; readonly intermediate: Uint8Array }
  | { readonly kind: 'prepared' }
  | { readonly kind: 'restored'; readonly complete: boolean; readonly block: Uint8Array }
  | { readonly kind: 'solved'; readonly digest: Uint8Array | undefined; readonly block: Uint8Array }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined };

/** @param sha256 hashes; a dependency that this folder does not have. */
export function answer(job: Job, sha256: (bytes: Uint8Array) => Uint8Array): Answer {
  try {
    if (job.kind === 'solve') {
      const isSolved = solveBlock(job, job.symbolBytes);
      const digest = isSolved ? sha256(job.block.subarray(0, job.lengthBytes)) : undefined;
      return { kind: 'solved', digest, block: job.block };
    }
    if (job.kind === 'restore') {
      return { kind: 'restored', complete: restoreBlock(job, job.symbolBytes), block: job.block };
    }
    if (job.kind === 'prepare') {
      encodingPlan(blockCode(job.sourceCount));
      return { kind: 'prepared' };
    }
    return { kind: 'encoded', intermediate: BlockEncoder.fromSource(job.source, job.symbolBytes).intermediate };
  } catch (error) {
    if (!(error instanceof LayercastError)) throw error;
    return { kind: 'failed', code: error.code, message: error.message, hint: error.hint };
  }
}
