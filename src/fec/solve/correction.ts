import { type BlockCode, internalId } from '../code.js';
import { COMBINE, type Plan, type ProgramBuilder, SUM, symbolRow } from '../kernels/program.js';
import { kernel } from '../kernels/thread-kernel.js';
import type { EncodingPlan } from './encoding-plan.js';
import { planBuilder } from './plan-builder.js';
import { runPlan, type Slice } from './table.js';

/**
 * Plans decoding when few symbols are missing, without solving the block's equations anew. The plan encodes the block as if the
 * missing symbols were zero. Each repair symbol made so differs from the received one by a sum of missing symbols, and as many
 * differences as symbols are missing determine these. The same encoding program tells which symbols each sum has, when it encodes
 * a unit matrix in the rows of the missing symbols instead of the block.
 *
 * @param missing ESIs of source symbols that are not in `esis`
 * @returns a plan that is valid until the next plan is made; undefined if the repair symbols do not determine the missing ones
 */
export function planCorrection(
  code: BlockCode,
  esis: Int32Array,
  missing: readonly number[],
  encoding: EncodingPlan,
): Plan | undefined {
  const ids: number[] = [];
  const differences: number[] = [];
  const program = planBuilder();
  for (let row = 0; row < esis.length; row++) {
    if (esis[row]! < code.sourceCount) continue;
    const difference = encoding.workRowCount + ids.length;
    program.begin(SUM, difference);
    program.add(symbolRow(row));
    differences.push(difference);
    ids.push(internalId(code, esis[row]!));
  }
  if (ids.length < missing.length) return undefined;
  for (const esi of missing) program.begin(SUM, symbolRow(esi));
  const start = program.length;
  program.append(encoding.solveInactive);
  encoding.solver.addSymbols(program, ids, differences, true);
  const workRowCount = encoding.workRowCount + ids.length;
  const weights = solveDifferences(code, program, start, missing, differences, workRowCount);
  if (weights === undefined) return undefined;
  for (let i = 0; i < missing.length; i++) {
    program.begin(COMBINE, symbolRow(missing[i]!));
    for (let j = 0; j < ids.length; j++) {
      const weight = weights.elements[i * weights.widthBytes + j]!;
      if (weight !== 0) program.addScaled(differences[j]!, weight);
    }
  }
  return { program: program.view(), symbolRowCount: esis.length, workRowCount };
}

/** Missing symbol i is the sum over j of difference j times `elements[i * widthBytes + j]`. */
interface Weights {
  readonly elements: Uint8Array;
  readonly widthBytes: number;
}

/**
 * @param program its instructions from word `start` on add the encoded symbols to the differences; others are put behind them for the time
 *   of the call
 */
function solveDifferences(
  code: BlockCode,
  program: ProgramBuilder,
  start: number,
  missing: readonly number[],
  differences: readonly number[],
  workRowCount: number,
): Weights | undefined {
  const { sourceCount } = code;
  const end = program.length;
  for (const difference of differences) program.begin(SUM, difference);
  program.append(program.view().subarray(start, end));
  for (let j = 0; j < differences.length; j++) {
    program.begin(SUM, symbolRow(sourceCount + j));
    program.add(differences[j]!);
  }
  // A unit matrix stands beside the sums; the elimination turns it into the weights.
  const widthBytes = Math.ceil((missing.length + differences.length) / 16) * 16;
  const matrix = new Uint8Array(differences.length * widthBytes);
  const load = ({ table, strideBytes, offset, width }: Slice) => {
    table.fill(0, 0, sourceCount * strideBytes);
    for (let i = 0; i < width; i++) table[missing[offset + i]! * strideBytes + i] = 1;
  };
  const store = ({ table, strideBytes, offset, width }: Slice) => {
    for (let j = 0; j < differences.length; j++) {
      const row = (sourceCount + j) * strideBytes;
      matrix.set(table.subarray(row, row + width), j * widthBytes + offset);
    }
  };
  const symbolRowCount = sourceCount + differences.length;
  runPlan({ program: program.view().subarray(end), symbolRowCount, workRowCount }, missing.length, load, store);
  program.truncate(end);
  for (let j = 0; j < differences.length; j++) matrix[j * widthBytes + missing.length + j] = 1;
  if (!kernel().eliminate(matrix, widthBytes, missing.length)) return undefined;
  return { elements: matrix.subarray(missing.length), widthBytes };
}
