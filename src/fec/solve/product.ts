import { type ProgramBuilder, SUM } from '../kernels/program.js';

/** Most working rows that `appendProduct` needs: 64 kB. */
export const PRODUCT_SCRATCH_ROWS = 1024;
/** The largest group: eight tables of sums of such groups fit into the scratch rows. */
const MAX_GROUP_BITS = 7;

/**
 * A matrix over GF(2) that is multiplied with a vector of symbols. Row i of the matrix starts at word `i * wordsPerRow +
 * firstWord` of `bits`. Its bit j says whether row `sources[j]` of the table is added to row `targets[i]`.
 */
export interface BitMatrix {
  readonly bits: Int32Array;
  readonly wordsPerRow: number;
  readonly firstWord: number;
}

/**
 * Appends instructions for the product, by the method of four Russians: sources are taken in groups of g, all 2^g sums
 * of a group are made once, and each target adds one of these sums instead of g/2 sources. No target may be a source.
 *
 * @param accumulate whether the product is added to the targets; else it replaces them
 * @param scratch first of `PRODUCT_SCRATCH_ROWS` rows that may be overwritten
 */
export function appendProduct(
  program: ProgramBuilder,
  matrix: BitMatrix,
  targets: ArrayLike<number>,
  sources: ArrayLike<number>,
  accumulate: boolean,
  scratch: number,
): void {
  const groupBits = bestGroupBits(targets.length);
  const groupsPerRound = PRODUCT_SCRATCH_ROWS >> groupBits;
  const bitsPerRound = groupBits * groupsPerRound;
  const tables = new Int32Array(groupsPerRound << groupBits);
  if (sources.length === 0 && !accumulate) {
    for (let i = 0; i < targets.length; i++) program.begin(SUM, targets[i]!);
  }
  for (let first = 0; first < sources.length; first += bitsPerRound) {
    const end = Math.min(first + bitsPerRound, sources.length);
    for (let from = first, table = 0; from < end; from += groupBits, table += 1 << groupBits) {
      appendTable(program, tables, table, sources, from, Math.min(groupBits, end - from), scratch);
    }
    for (let i = 0; i < targets.length; i++) {
      program.beginSum(targets[i]!, 1 + groupsPerRound);
      if (accumulate || first > 0) program.put(targets[i]!);
      const row = i * matrix.wordsPerRow + matrix.firstWord;
      for (let from = first, table = 0; from < end; from += groupBits, table += 1 << groupBits) {
        const subset = bitsAt(matrix.bits, row, from, Math.min(groupBits, end - from));
        if (subset !== 0) program.put(tables[table + subset]!);
      }
      program.endSum();
    }
  }
}

/** About how many operands `appendProduct` writes. */
export function productCost(targetCount: number, sourceCount: number): number {
  const groupBits = bestGroupBits(targetCount);
  return Math.ceil(sourceCount / groupBits) * (targetCount + 2 ** groupBits);
}

function bestGroupBits(targetCount: number): number {
  let best = 1;
  for (let bits = 2; bits <= MAX_GROUP_BITS; bits++) {
    if ((targetCount + 2 ** bits) / bits < (targetCount + 2 ** best) / best) best = bits;
  }
  return best;
}

/** Makes the sums of all subsets of `count` sources in scratch rows; the sum of one source is the source's own row. */
function appendTable(
  program: ProgramBuilder,
  tables: Int32Array,
  table: number,
  sources: ArrayLike<number>,
  from: number,
  count: number,
  scratch: number,
): void {
  for (let subset = 1; subset < 1 << count; subset++) {
    const lowest = subset & -subset;
    const source = sources[from + 31 - Math.clz32(lowest)]!;
    if (subset === lowest) {
      tables[table + subset] = source;
      continue;
    }
    tables[table + subset] = scratch + table + subset;
    program.begin(SUM, scratch + table + subset);
    program.add(tables[table + (subset ^ lowest)]!);
    program.add(source);
  }
}

/** `count` bits of a row of words, from bit `from` on. */
function bitsAt(words: Int32Array, row: number, from: number, count: number): number {
  const word = row + (from >>> 5);
  const shift = from & 31;
  const low = words[word]! >>> shift;
  const high = shift + count > 32 ? words[word + 1]! << (32 - shift) : 0;
  return (low | high) & ((1 << count) - 1);
}
