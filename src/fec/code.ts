import { LayercastError } from '../base/errors.js';
import { MAX_BLOCK_SYMBOLS } from '../base/limits.js';
import { HDPC_COUNTS, LDPC_COUNTS, LT_COUNTS, PADDED_SYMBOL_COUNTS, SYSTEMATIC_INDICES } from './tables/systematic.js';

/** RFC 6330, section 3.3.2: the symbol size T is an unsigned integer of 16 bits. */
const MAX_CODED_BYTES = 2 ** 16 - 1;

/**
 * The code for blocks of K source symbols: how many symbols there are of each kind. The letter in brackets is that of RFC 6330,
 * section 5.3.3.3.
 *
 * The intermediate symbols are numbered 0 to L − 1. The first W form the sparse part; the last S of these are the LDPC symbols.
 * Then come the P "permanently inactive" symbols, of which the last H are the HDPC symbols.
 */
export interface BlockCode {
  /** Symbols of the block (K). */
  readonly sourceCount: number;
  /** The next size in the RFC's table (K′): symbols K to K′ − 1 are zero and never sent. */
  readonly paddedCount: number;
  /** Seed of the pseudo-random choices (J). */
  readonly systematicIndex: number;
  /** Sparse checks (S). */
  readonly ldpcCount: number;
  /** Dense checks over GF(256) (H). */
  readonly hdpcCount: number;
  /** Intermediate symbols of the sparse part (W), a prime. */
  readonly ltCount: number;
  /** Intermediate symbols that count as inactive from the start (P = L − W). */
  readonly permanentCount: number;
  /** The smallest prime not below P (P1). */
  readonly permanentPrime: number;
  /** All intermediate symbols (L = K′ + S + H). */
  readonly intermediateCount: number;
}

/**
 * @throws {LayercastError} `FEC_INVALID` unless `sourceCount` is a whole number from 1 to 56,403.
 */
export function blockCode(sourceCount: number): BlockCode {
  if (!Number.isInteger(sourceCount) || sourceCount < 1 || sourceCount > MAX_BLOCK_SYMBOLS) {
    throw new LayercastError('FEC_INVALID', `a block cannot have ${sourceCount} source symbols`, {
      hint: `cut the object into blocks of 1 to ${MAX_BLOCK_SYMBOLS} symbols`,
    });
  }
  const row = PADDED_SYMBOL_COUNTS.findIndex((count) => count >= sourceCount);
  const paddedCount = PADDED_SYMBOL_COUNTS[row]!;
  const ldpcCount = LDPC_COUNTS[row]!;
  const hdpcCount = HDPC_COUNTS[row]!;
  const ltCount = LT_COUNTS[row]!;
  const intermediateCount = paddedCount + ldpcCount + hdpcCount;
  const permanentCount = intermediateCount - ltCount;
  return {
    sourceCount,
    paddedCount,
    systematicIndex: SYSTEMATIC_INDICES[row]!,
    ldpcCount,
    hdpcCount,
    ltCount,
    permanentCount,
    permanentPrime: primeFrom(permanentCount),
    intermediateCount,
  };
}

/**
 * @throws {LayercastError} `FEC_INVALID` unless `symbolBytes` is a whole number from 1 to 65,535.
 */
export function checkSymbolBytes(symbolBytes: number): void {
  if (Number.isInteger(symbolBytes) && symbolBytes >= 1 && symbolBytes <= MAX_CODED_BYTES) return;
  throw new LayercastError('FEC_INVALID', `a symbol cannot have ${symbolBytes} bytes`, {
    hint: `give 1 to ${MAX_CODED_BYTES}`,
  });
}

/** The symbol's number in the padded block (ISI; RFC 6330, section 5.3.1), where padding comes before the repair symbols. */
export function internalId(code: BlockCode, esi: number): number {
  return esi < code.sourceCount ? esi : esi + code.paddedCount - code.sourceCount;
}

function primeFrom(from: number): number {
  let candidate = from;
  while (!isPrime(candidate)) candidate++;
  return candidate;
}

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor++) {
    if (value % divisor === 0) return false;
  }
  return value >= 2;
}
