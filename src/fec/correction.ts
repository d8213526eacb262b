import { type BlockCode, internalId } from './code.js';
import { kernel } from './kernels/kernel.js';
import type { EncodingPlan, Plan } from './plan.js';
import { COMBINE, type Program, ProgramBuilder, SUM } from './program.js';
import { runPlan, type Slice } from './table.js';

/**
 * How to decode when little is missing, without solving the block's equations anew: encode the block as if the missing
 * symbols were zero; each repair symbol then differs from what came by a sum of missing symbols, and as many of these
 * differences as symbols are missing give them. What the sums are, the same program tells when it encodes, instead of
 * the block, a unit matrix at the missing places.
 *
 * @param missing ESIs of source symbols that are not in `slots`
 * @returns undefined if the repair symbols do not determine the missing ones
 */
export function planCorrection(
  code: BlockCode,
  slots: Int32Array,
  missing: readonly number[],
  encoding: EncodingPlan,
): Plan | undefined {
  const { intermediateCount: first, sourceCount } = code;
  const spareRow = encoding.rowCount;
  const differenceRow = spareRow + slots.length - sourceCount;
  const ids: number[] = [];
  const differences: number[] = [];
  const moves = new ProgramBuilder();
  for (let slot = 0; slot < slots.length; slot++) {
    if (slots[slot]! < sourceCount) continue;
    moves.begin(SUM, differenceRow + ids.length);
    moves.add(slot < sourceCount ? first + slot : spareRow + slot - sourceCount);
    differences.push(differenceRow + ids.length);
    ids.push(internalId(code, slots[slot]!));
  }
  if (ids.length < missing.length) return undefined;
  for (const esi of missing) moves.begin(SUM, first + esi);

  const difference = new ProgramBuilder();
  difference.append(encoding.solveInactive);
  encoding.solver.addSymbols(difference, ids, differences, true);
  const rowCount = differenceRow + ids.length;
  const weights = solveDifferences(code, difference.build(), missing, differences, rowCount);
  if (weights === undefined) return undefined;

  const program = moves;
  program.append(difference.build());
  for (let i = 0; i < missing.length; i++) {
    program.begin(COMBINE, first + missing[i]!);
    for (let j = 0; j < ids.length; j++) {
      const weight = weights.elements[i * weights.widthBytes + j]!;
      if (weight !== 0) program.addScaled(differences[j]!, weight);
    }
  }
  return { program: program.build(), rowCount, spareRow };
}

/** Missing symbol i is the sum of differences j times `elements[i * widthBytes + j]`. */
interface Weights {
  readonly elements: Uint8Array;
  readonly widthBytes: number;
}

function solveDifferences(
  code: BlockCode,
  program: Program,
  missing: readonly number[],
  differences: readonly number[],
  rowCount: number,
): Weights | undefined {
  const { intermediateCount: first, sourceCount } = code;
  // Beside the sums a unit matrix, which becomes the weights.
  const widthBytes = Math.ceil((missing.length + differences.length) / 16) * 16;
  const matrix = new Uint8Array(differences.length * widthBytes);
  const load = ({ table, strideBytes, offset, width }: Slice) => {
    table.fill(0, first * strideBytes, (first + sourceCount) * strideBytes);
    for (let i = 0; i < width; i++) table[(first + missing[offset + i]!) * strideBytes + i] = 1;
    for (const row of differences) table.fill(0, row * strideBytes, (row + 1) * strideBytes);
  };
  const store = ({ table, strideBytes, offset, width }: Slice) => {
    for (let j = 0; j < differences.length; j++) {
      const row = differences[j]! * strideBytes;
      matrix.set(table.subarray(row, row + width), j * widthBytes + offset);
    }
  };
  runPlan({ program, rowCount }, missing.length, load, store);
  for (let j = 0; j < differences.length; j++) matrix[j * widthBytes + missing.length + j] = 1;
  if (!kernel().eliminate(matrix, widthBytes, missing.length)) return undefined;
  return { elements: matrix.subarray(missing.length), widthBytes };
}
