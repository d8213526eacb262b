import type { BlockCode } from '../code.js';
import { eliminate } from '../kernels/elimination.js';
import { EXP, multiply } from '../kernels/gf256.js';
import type { Reduction } from './reduction.js';

/** How the dense checks (HDPC) determine the columns that the binary equations left free. */
export interface DenseSolution {
  /** Check h has coefficient `coefficients[h * inactiveCount + i]` at inactive column i. */
  readonly coefficients: Uint8Array;
  /** Free column k is the sum over h of `weights[k * hdpcCount + h]` times the rest of check h. */
  readonly weights: Uint8Array;
}

/**
 * @param inactiveColumns the columns that `reduction` numbers
 * @param pairs from `denseCheckRows`
 * @returns undefined if the checks do not determine the free columns
 */
export function solveChecks(
  code: BlockCode,
  reduction: Reduction,
  inactiveColumns: Int32Array,
  pairs: Int32Array,
): DenseSolution | undefined {
  const { hdpcCount } = code;
  const { free, solved, takesFree } = reduction;
  const inactiveCount = inactiveColumns.length;
  const coefficients = checkCoefficients(code, reduction, inactiveColumns, pairs);
  // A unit matrix stands beside the coefficients of the free columns; the elimination turns it into the weights.
  const width = free.length + hdpcCount;
  const matrix = new Uint8Array(hdpcCount * width);
  for (let h = 0; h < hdpcCount; h++) {
    matrix[h * width + free.length + h] = 1;
    for (let k = 0; k < free.length; k++) {
      let sum = coefficients[h * inactiveCount + free[k]!]!;
      for (let i = 0; i < solved.length; i++) {
        if (takesFree(i, k)) sum ^= coefficients[h * inactiveCount + solved[i]!]!;
      }
      matrix[h * width + k] = sum;
    }
  }
  if (!eliminate(matrix, width, free.length)) return undefined;
  const weights = new Uint8Array(free.length * hdpcCount);
  for (let k = 0; k < free.length; k++) {
    weights.set(matrix.subarray(k * width + free.length, (k + 1) * width), k * hdpcCount);
  }
  return { coefficients, weights };
}

/**
 * The coefficients of the dense checks, after every other column has been replaced by the inactive columns it depends on.
 *
 * RFC 6330, section 5.3.3.3, makes the checks as MT · GAMMA, and GAMMA times a vector is Horner's rule: s_j = 2·s_(j−1) +
 * row j. Elements of GF(256) are held as eight planes of bits, where doubling renames the planes and adds one to three.
 */
function checkCoefficients(
  code: BlockCode,
  reduction: Reduction,
  inactiveColumns: Int32Array,
  pairs: Int32Array,
): Uint8Array {
  const { hdpcCount } = code;
  const { bits: dependence, wordsPerRow: words } = reduction.dependence;
  const checks = new Int32Array(hdpcCount * 8 * words);
  const sum = new Int32Array(8 * words);
  let lowest = 0;
  for (let j = 0; j <= pairs.length; j++) {
    const overflow = lowest === 0 ? 7 : lowest - 1;
    for (const plane of [2, 3, 4]) {
      const target = ((overflow + plane) & 7) * words;
      for (let w = 0; w < words; w++) sum[target + w]! ^= sum[overflow * words + w]!;
    }
    lowest = overflow;
    for (let w = 0; w < words; w++) sum[lowest * words + w]! ^= dependence[j * words + w]!;
    if (j === pairs.length) break;
    const first = (pairs[j]! & 0xffff) * 8 * words;
    const second = (pairs[j]! >>> 16) * 8 * words;
    for (let plane = 0; plane < 8; plane++) {
      const source = ((lowest + plane) & 7) * words;
      for (let w = 0; w < words; w++) {
        const value = sum[source + w]!;
        checks[first + plane * words + w]! ^= value;
        checks[second + plane * words + w]! ^= value;
      }
    }
  }
  const inactiveCount = inactiveColumns.length;
  const firstOwn = code.intermediateCount - hdpcCount;
  const coefficients = new Uint8Array(hdpcCount * inactiveCount);
  for (let i = 0; i < inactiveCount; i++) {
    const last = elementAt(sum, 0, lowest, words, i);
    for (let h = 0; h < hdpcCount; h++) {
      const own = inactiveColumns[i] === firstOwn + h ? 1 : 0;
      coefficients[h * inactiveCount + i] =
        elementAt(checks, h * 8 * words, 0, words, i) ^ multiply(last, EXP[h]!) ^ own;
    }
  }
  return coefficients;
}

function elementAt(planes: Int32Array, start: number, lowest: number, words: number, i: number): number {
  let element = 0;
  for (let plane = 0; plane < 8; plane++) {
    const word = planes[start + ((lowest + plane) & 7) * words + (i >>> 5)]!;
    element |= ((word >>> (i & 31)) & 1) << plane;
  }
  return element;
}
