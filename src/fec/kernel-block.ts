import { blockCode, checkSymbolBytes } from './code.js';
import { kernel } from './kernels/thread-kernel.js';
import { encodingPlan } from './solve/encoding-plan.js';
import { strideFor } from './solve/table.js';

/** A block in the memory of this thread's kernel, which works there without a copy. Another use of the code makes it invalid. */
export interface KernelBlock {
  /** Room for the L intermediate symbols; symbol i begins at i · `strideBytes`. Still holds bytes of earlier blocks. */
  readonly rows: Uint8Array;
  /** `symbolBytes`, if that is a multiple of 32 but not of 512. */
  readonly strideBytes: number;
  /** Replaces the K source symbols, which the first rows hold, by the intermediate symbols. */
  readonly solve: () => void;
}

/**
 * Opens a block to be encoded. It takes the memory of L symbols and some twenty words a symbol, where `BlockEncoder` takes a copy more.
 *
 * @throws {LayercastError} `FEC_INVALID` for an empty or too long block, or symbols of no length
 */
export function openKernelBlock(sourceCount: number, symbolBytes: number): KernelBlock {
  checkSymbolBytes(symbolBytes);
  const plan = encodingPlan(blockCode(sourceCount));
  const strideBytes = strideFor(symbolBytes);
  const rows = kernel().open(plan, strideBytes);
  return { rows, strideBytes, solve: () => kernel().run() };
}
