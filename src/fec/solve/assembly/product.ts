import { ProgramBuilder, SUM } from './program';

/** Most working rows that `appendProduct` needs: 64 kB. */
export const PRODUCT_SCRATCH_ROWS: i32 = 1024;
/** The largest group: eight tables of sums of such groups fit into the scratch rows. */
const MAX_GROUP_BITS: i32 = 7;

/**
 * A matrix over GF(2) that is multiplied with a vector of symbols. Row i of the matrix starts at word `i * wordsPerRow +
 * firstWord` of `bits`. Its bit j says whether row `sources[j]` of the table is added to row `targets[i]`.
 */
export class BitMatrix {
  constructor(
    readonly bits: StaticArray<u64>,
    readonly wordsPerRow: i32,
    readonly firstWord: i32,
  ) {}
}

/** For each subset of the sources of each group the row that holds its sum. */
const sums: usize = memory.data(1024 * 4, 16);

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
  targets: StaticArray<i32>,
  sources: StaticArray<i32>,
  accumulate: bool,
  scratch: i32,
): void {
  const groupBits = bestGroupBits(targets.length);
  const bitsPerRound = groupBits * (PRODUCT_SCRATCH_ROWS >> groupBits);
  if (sources.length === 0 && !accumulate) {
    for (let i = 0; i < targets.length; i++) program.begin(SUM, targets[i]);
  }
  for (let first = 0; first < sources.length; first += bitsPerRound) {
    const end = min<i32>(first + bitsPerRound, sources.length);
    for (let from = first, table = 0; from < end; from += groupBits, table += 1 << groupBits) {
      appendTable(program, table, sources, from, min<i32>(groupBits, end - from), scratch);
    }
    for (let i = 0; i < targets.length; i++) {
      program.begin(SUM, targets[i]);
      if (accumulate || first > 0) program.add(targets[i]);
      const row = i * matrix.wordsPerRow + matrix.firstWord;
      for (let from = first, table = 0; from < end; from += groupBits, table += 1 << groupBits) {
        const subset = bitsAt(matrix.bits, row, from, min<i32>(groupBits, end - from));
        if (subset !== 0) program.add(load<i32>(sums + ((<usize>(table + subset)) << 2)));
      }
    }
  }
}

/** About how many operands `appendProduct` writes. */
export function productCost(targetCount: i32, sourceCount: i32): i32 {
  const groupBits = bestGroupBits(targetCount);
  return ((sourceCount + groupBits - 1) / groupBits) * (targetCount + (1 << groupBits));
}

/** The size of groups that takes the fewest operands for each source. */
function bestGroupBits(targetCount: i32): i32 {
  let best = 1;
  for (let bits = 2; bits <= MAX_GROUP_BITS; bits++) {
    if ((targetCount + (1 << bits)) * best < (targetCount + (1 << best)) * bits) best = bits;
  }
  return best;
}

/** Makes the sums of all subsets of `count` sources in scratch rows; the sum of one source is the source's own row. */
function appendTable(
  program: ProgramBuilder,
  table: i32,
  sources: StaticArray<i32>,
  from: i32,
  count: i32,
  scratch: i32,
): void {
  for (let subset = 1; subset < 1 << count; subset++) {
    const lowest = subset & -subset;
    const source = sources[from + ctz<i32>(lowest)];
    const sum = sums + ((<usize>(table + subset)) << 2);
    if (subset === lowest) {
      store<i32>(sum, source);
      continue;
    }
    store<i32>(sum, scratch + table + subset);
    program.begin(SUM, scratch + table + subset);
    program.add(load<i32>(sums + ((<usize>(table + (subset ^ lowest))) << 2)));
    program.add(source);
  }
}

/** `count` bits of a row of words, from bit `from` on. */
function bitsAt(words: StaticArray<u64>, row: i32, from: i32, count: i32): i32 {
  const word = row + (from >> 6);
  const shift = from & 63;
  let bits = words[word] >> shift;
  if (shift + count > 64) bits |= words[word + 1] << (64 - shift);
  return <i32>bits & ((1 << count) - 1);
}
