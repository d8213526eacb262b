import { LayercastError } from '../base/errors.js';
import { MAX_ESI } from '../base/limits.js';
import { type BlockCode, blockCode, checkSymbolBytes } from './code.js';
import type { Plan } from './kernels/program.js';
import { planDecoding } from './solve/decoding-plan.js';
import { loadRows, runPlan, type Symbols, storeRows } from './solve/table.js';

/**
 * Most symbols that are kept beyond K. Each divides the chance of failure by 256: with eight it is below the chance that
 * SHA-256 is broken, unless an attacker chose the ESIs. Sixteen leave room for chosen ESIs too.
 */
export const SPARE_SYMBOLS = 16;

/** A block as it is received, in rows of one symbol each: K rows of the block, then spare rows. */
export interface PartialBlock {
  /** Source symbols in the rows of their ESIs; repair symbols in rows whose source symbols are missing. */
  readonly block: Uint8Array;
  /** More repair symbols; may be of no length. */
  readonly spare: Uint8Array;
  /** ESI of the symbol in each row; −1 for a row without a symbol. */
  readonly esis: Int32Array;
}

/**
 * Restores the missing source symbols in `partial.block`; they replace the repair symbols there. A block that has all source
 * symbols is left as it is.
 *
 * @returns whether the symbols determine the block; if not, nothing has changed
 * @throws {LayercastError} `FEC_INVALID` if lengths do not agree, or `esis` name an ESI twice or out of range
 */
export function restoreBlock(partial: PartialBlock, symbolBytes: number): boolean {
  const code = codeOf(partial, symbolBytes);
  checkEsis(code, partial.esis);
  if (isComplete(code, partial.esis)) return true;
  const plan = planDecoding(code, partial.esis);
  if (plan === undefined) return false;
  runDecoding(code, plan, partial, symbolBytes);
  return true;
}

function runDecoding(code: BlockCode, plan: Plan, partial: PartialBlock, symbolBytes: number): void {
  const { sourceCount } = code;
  const block: Symbols = { bytes: partial.block, symbolBytes };
  const spare: Symbols = { bytes: partial.spare, symbolBytes };
  runPlan(
    plan,
    symbolBytes,
    (slice) => {
      loadRows(slice, 0, block, 0, sourceCount);
      loadRows(slice, sourceCount, spare, 0, partial.esis.length - sourceCount);
    },
    (slice) => {
      for (let esi = 0; esi < sourceCount; esi++) {
        if (partial.esis[esi] !== esi) storeRows(slice, esi, block, esi, 1);
      }
    },
  );
}

/** Whether every source symbol is in its row. */
export function isComplete(code: BlockCode, esis: Int32Array): boolean {
  for (let esi = 0; esi < code.sourceCount; esi++) if (esis[esi] !== esi) return false;
  return true;
}

/**
 * The code of a block whose memory and ESIs agree in length.
 *
 * @throws {LayercastError} `FEC_INVALID`
 */
export function codeOf({ block, esis, spare }: PartialBlock, symbolBytes: number): BlockCode {
  checkSymbolBytes(symbolBytes);
  const code = blockCode(block.length / symbolBytes);
  if (spare.length !== (esis.length - code.sourceCount) * symbolBytes) {
    throw new LayercastError(
      'FEC_INVALID',
      `${esis.length} ESIs are not those of ${block.length} + ${spare.length} bytes in symbols of ${symbolBytes}`,
      { hint: 'give an ESI, or −1, for each symbol of the block and of the spare memory' },
    );
  }
  return code;
}

/** Refuses ESIs that are out of range or named twice, and source symbols outside of their rows. */
export function checkEsis({ sourceCount }: BlockCode, esis: Int32Array): void {
  const repairs = new Int32Array(esis.length);
  let repairCount = 0;
  for (let row = 0; row < esis.length; row++) {
    const esi = esis[row]!;
    if (esi === -1) continue;
    const misplaced = esi < sourceCount && row !== esi;
    if (esi < 0 || esi > MAX_ESI || misplaced) throw refusal(row, esi);
    if (esi >= sourceCount) repairs[repairCount++] = esi;
  }
  // A source symbol that is named twice is in a wrong row once. Repair symbols of one ESI become neighbours.
  repairs.subarray(0, repairCount).sort();
  for (let i = 1; i < repairCount; i++) {
    if (repairs[i] === repairs[i - 1]) throw refusal(esis.lastIndexOf(repairs[i]!), repairs[i]!);
  }
}

function refusal(row: number, esi: number): LayercastError {
  return new LayercastError('FEC_INVALID', `row ${row} cannot hold the symbol of ESI ${esi}`, {
    hint: 'each symbol has one row, and a source symbol that of its ESI',
  });
}
