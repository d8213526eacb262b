import { createHash } from 'node:crypto';
import { solveBlock } from '../../fec/index.js';
import type { BlockSolver } from '../../receiver/assemble/restoration.js';

/**
 * Solves blocks at once, in no virtual time.
 *
 * @param isBlank whether the object is all zeros: a block is then zeros, whichever of its symbols have arrived.
 */
export function instantSolver(isBlank = false): BlockSolver {
  return {
    workerCount: 1,
    prepare: async () => undefined,
    solve: async (partial, symbolBytes, lengthBytes) => {
      if (!isBlank && !solveBlock(partial, symbolBytes)) return undefined;
      return createHash('sha256').update(partial.block.subarray(0, lengthBytes)).digest();
    },
  };
}
