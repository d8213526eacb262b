import { LayercastError } from '../base/errors.js';
import { blockCode, checkSymbolBytes } from './code.js';
import { checkEsis, isComplete } from './decoder.js';
import type { Plan } from './kernels/program.js';
import { kernel } from './kernels/thread-kernel.js';
import { planDecoding } from './solve/decoding-plan.js';
import { closeGaps, strideFor } from './solve/table.js';

/**
 * A received block in the memory of this thread's kernel, which solves it there without a copy. Another use of the code makes it
 * invalid.
 */
export interface ReceivedBlock {
  /** Room for the symbols; row i begins at i · `strideBytes`. Still holds bytes of earlier blocks. */
  readonly rows: Uint8Array;
  /** `symbolBytes`, if that is a multiple of 32 but not of 512. */
  readonly strideBytes: number;
  /** The row for each symbol of `esis`; −1 where there is no symbol. */
  readonly rowOf: Int32Array;
  /**
   * Makes the missing source symbols, once all symbols are in their rows.
   *
   * @returns the K source symbols back to back, in the memory of the rows
   */
  readonly solve: () => Uint8Array;
}

/**
 * Plans how to solve a block, before any of its symbols is read. The block takes the memory of its symbols, 64 bytes for each of some
 * L + 1100 working rows, and the program.
 *
 * @param esis ESIs of at least K symbols, in any order; −1 for no symbol
 * @returns undefined if these symbols do not determine the block
 * @throws {LayercastError} `FEC_INVALID` for an empty or too long block, symbols of no length, too few `esis`, and ESIs that are out
 *   of range or named twice
 */
export function openReceivedBlock(
  sourceCount: number,
  symbolBytes: number,
  esis: Int32Array,
): ReceivedBlock | undefined {
  checkSymbolBytes(symbolBytes);
  const code = blockCode(sourceCount);
  if (esis.length < sourceCount) {
    throw new LayercastError('FEC_INVALID', `${esis.length} ESIs are not those of a block of ${sourceCount} symbols`, {
      hint: 'give an ESI, or −1, for each place of the block',
    });
  }
  const { rowOf, rowEsis } = arrangement(sourceCount, esis);
  checkEsis(code, rowEsis);
  const plan = isComplete(code, rowEsis) ? nothingToDo(rowEsis.length) : planDecoding(code, rowEsis);
  if (plan === undefined) return undefined;
  const strideBytes = strideFor(symbolBytes);
  const rows = kernel().open(plan, strideBytes);
  const solve = () => {
    kernel().run();
    closeGaps(rows, strideBytes, sourceCount, symbolBytes);
    return rows.subarray(0, sourceCount * symbolBytes);
  };
  return { rows, strideBytes, rowOf, solve };
}

/** Source symbols go to the rows of their ESIs. Repair symbols stay where they are if that row is free: such symbols are read in long runs. */
function arrangement(sourceCount: number, esis: Int32Array): { rowOf: Int32Array; rowEsis: Int32Array } {
  const rowOf = new Int32Array(esis.length).fill(-1);
  const rowEsis = new Int32Array(esis.length).fill(-1);
  const put = (index: number, row: number) => {
    if (rowEsis[row] !== -1) {
      throw new LayercastError('FEC_INVALID', `two symbols have the ESI ${esis[index]!}`, {
        hint: 'each symbol has an ESI of its own',
      });
    }
    rowOf[index] = row;
    rowEsis[row] = esis[index]!;
  };
  for (let index = 0; index < esis.length; index++) {
    if (esis[index]! >= 0 && esis[index]! < sourceCount) put(index, esis[index]!);
  }
  for (let index = 0; index < esis.length; index++) {
    if (esis[index]! >= sourceCount && rowEsis[index] === -1) put(index, index);
  }
  let free = 0;
  for (let index = 0; index < esis.length; index++) {
    if (esis[index] === -1 || rowOf[index] !== -1) continue;
    while (rowEsis[free] !== -1) free++;
    put(index, free);
  }
  return { rowOf, rowEsis };
}

function nothingToDo(symbolRowCount: number): Plan {
  return { program: new Int32Array(0), symbolRowCount, workRowCount: 0 };
}
