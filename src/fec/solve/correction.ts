import type { BlockCode } from '../code.js';
import type { Plan } from '../kernels/program.js';
import { kernel } from '../kernels/thread-kernel.js';
import { type BegunCorrection, type EncodingPlan, planner } from './planner.js';
import { runPlan, type Slice } from './table.js';

/**
 * Plans decoding when few symbols are missing, without solving the block's equations anew. The plan encodes the block as if the
 * missing symbols were zero. Each repair symbol made so differs from the received one by a sum of missing symbols, and as many
 * differences as symbols are missing determine these. The same encoding program tells which symbols each sum has, when it encodes
 * a unit matrix in the rows of the missing symbols instead of the block.
 *
 * @param missing ESIs of source symbols that are not in `esis`
 * @returns a plan that is valid until the next plan is begun; undefined if the repair symbols do not determine the missing ones
 */
export function planCorrection(
  code: BlockCode,
  esis: Int32Array,
  missing: readonly number[],
  encoding: EncodingPlan,
): Plan | undefined {
  const begun = planner().beginCorrection(code, esis, encoding);
  if (begun === undefined || !findWeights(code, missing, begun)) return undefined;
  return planner().endCorrection(esis.length);
}

/**
 * Fills the matrix: missing symbol i becomes the sum over j of difference j times the element in row i, column `missing.length + j`.
 *
 * @returns false if the differences do not determine the missing symbols
 */
function findWeights({ sourceCount }: BlockCode, missing: readonly number[], begun: BegunCorrection): boolean {
  const { trial, matrix, widthBytes, differenceCount } = begun;
  const load = ({ table, strideBytes, offset, width }: Slice) => {
    table.fill(0, 0, sourceCount * strideBytes);
    for (let i = 0; i < width; i++) table[missing[offset + i]! * strideBytes + i] = 1;
  };
  const store = ({ table, strideBytes, offset, width }: Slice) => {
    for (let j = 0; j < differenceCount; j++) {
      const row = (sourceCount + j) * strideBytes;
      matrix.set(table.subarray(row, row + width), j * widthBytes + offset);
    }
  };
  runPlan(trial, missing.length, load, store);
  // A unit matrix stands beside the sums; the elimination turns it into the weights.
  for (let j = 0; j < differenceCount; j++) matrix[j * widthBytes + missing.length + j] = 1;
  return kernel().eliminate(matrix, widthBytes, missing.length);
}
