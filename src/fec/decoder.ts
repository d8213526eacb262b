import { LayercastError } from '../base/errors.js';
import { MAX_ESI } from '../base/limits.js';
import { type BlockCode, blockCode, checkSymbolBytes } from './code.js';
import type { Plan } from './kernels/program.js';
import { planDecoding } from './solve/decoding-plan.js';
import { loadRows, runPlan, type Symbols, storeRows } from './solve/table.js';

/** `added`; or why the symbol was ignored: known already, not needed any more, or not a symbol of this block. */
export type Added = 'added' | 'duplicate' | 'surplus' | 'invalid';

/**
 * Symbols kept beyond K. Each divides the chance of failure by 256: from the eighth on it is less than that of a broken
 * SHA-256, unless someone chose the ESIs; twice as many leave room for that too.
 */
export const SPARE_SYMBOLS = 16;

/** A block as it is received: what each of its places holds. */
export interface PartialBlock {
  /** K symbols: source symbols in their places, repair symbols in places of source symbols that are missing. */
  readonly block: Uint8Array;
  /** More repair symbols, if any; may be of no length. */
  readonly spare: Uint8Array;
  /** ESI of each symbol in `block`, then in `spare`; −1 where there is none. */
  readonly slots: Int32Array;
}

/**
 * Restores the missing source symbols in `partial.block`, so that it holds the block; repair symbols in it are replaced.
 * A block with all source symbols in place is left as it is.
 *
 * @returns whether the symbols determine the block; if not, nothing has changed
 * @throws {LayercastError} `FEC_INVALID` if lengths do not agree, or slots name an ESI twice or out of range
 */
export function restoreBlock(partial: PartialBlock, symbolBytes: number): boolean {
  const code = checkedCode(partial, symbolBytes);
  if (isComplete(code, partial.slots)) return true;
  const plan = planDecoding(code, partial.slots);
  if (plan === undefined) return false;
  runDecoding(code, plan, partial, symbolBytes);
  return true;
}

/**
 * Takes symbols of one block until they determine it. Memory: `block`, which is the caller's; `SPARE_SYMBOLS` more; and
 * during `decode` a table of twice the block, or 32 MiB if that is less, that all decoders of a thread share.
 *
 * @example
 * const decoder = new BlockDecoder(block, 1184);
 * if (decoder.add(esi, bytes) === 'added' && decoder.canDecode()) decoder.decode();
 */
export class BlockDecoder {
  readonly code: BlockCode;
  readonly symbolBytes: number;
  private readonly partial: PartialBlock;
  private readonly repairEsis = new Set<number>();
  private sourceCount = 0;
  /** No slot above this one is empty. */
  private highestEmpty: number;
  private plan: Plan | undefined;
  private triedCount = 0;
  private isDecoded = false;

  /**
   * @param block K symbols of `symbolBytes`, overwritten with symbols as they come and in the end with the block
   * @throws {LayercastError} `FEC_INVALID` if `block` is not 1 to 56,403 whole symbols
   */
  constructor(block: Uint8Array, symbolBytes: number) {
    checkSymbolBytes(symbolBytes);
    const sourceCount = block.length / symbolBytes;
    this.code = blockCode(sourceCount);
    this.symbolBytes = symbolBytes;
    const slots = new Int32Array(sourceCount + SPARE_SYMBOLS).fill(-1);
    this.partial = { block, spare: new Uint8Array(SPARE_SYMBOLS * symbolBytes), slots };
    this.highestEmpty = slots.length - 1;
  }

  /** The memory given to the constructor. */
  get block(): Uint8Array {
    return this.partial.block;
  }

  /** Different symbols taken so far; a block needs at least K. */
  get symbolCount(): number {
    return this.sourceCount + this.repairEsis.size;
  }

  /**
   * Takes a symbol, in any order; copies `bytes`. Never throws, whatever the arguments.
   *
   * A decoder that answers `surplus` and cannot decode was sent symbols chosen to that end; start the block again.
   */
  add(esi: number, bytes: Uint8Array): Added {
    if (!Number.isInteger(esi) || esi < 0 || esi > MAX_ESI || bytes.length !== this.symbolBytes) return 'invalid';
    const isSource = esi < this.code.sourceCount;
    if (isSource ? this.partial.slots[esi] === esi : this.repairEsis.has(esi)) return 'duplicate';
    if (this.isDecoded || this.symbolCount === this.partial.slots.length) return 'surplus';
    if (isSource) {
      this.vacate(esi);
      this.sourceCount++;
      this.put(esi, esi, bytes);
    } else {
      this.repairEsis.add(esi);
      this.put(this.emptySlot(), esi, bytes);
    }
    this.plan = undefined;
    return 'added';
  }

  /** Whether `decode` would succeed. Costs a look at the matrix, once for each new symbol from the K-th on. */
  canDecode(): boolean {
    if (this.isDecoded || this.sourceCount === this.code.sourceCount) return true;
    if (this.symbolCount >= this.code.sourceCount && this.triedCount !== this.symbolCount) {
      this.triedCount = this.symbolCount;
      this.plan = planDecoding(this.code, this.partial.slots);
    }
    return this.plan !== undefined;
  }

  /** Makes `block` the source block if the symbols determine it, and says so. Until they do, more can be added. */
  decode(): boolean {
    if (!this.canDecode()) return false;
    if (this.plan !== undefined) runDecoding(this.code, this.plan, this.partial, this.symbolBytes);
    this.plan = undefined;
    this.isDecoded = true;
    return true;
  }

  private put(slot: number, esi: number, bytes: Uint8Array): void {
    this.symbolAt(slot).set(bytes);
    this.partial.slots[slot] = esi;
  }

  /** Makes room for a source symbol: a repair symbol in its place goes elsewhere. */
  private vacate(slot: number): void {
    const guest = this.partial.slots[slot]!;
    if (guest >= 0) this.put(this.emptySlot(), guest, this.symbolAt(slot));
  }

  /** Spare places first, then those of the last source symbols. */
  private emptySlot(): number {
    const { slots } = this.partial;
    while (slots[this.highestEmpty]! >= 0) this.highestEmpty--;
    return this.highestEmpty;
  }

  private symbolAt(slot: number): Uint8Array {
    const { sourceCount } = this.code;
    const [bytes, index] = slot < sourceCount ? [this.partial.block, slot] : [this.partial.spare, slot - sourceCount];
    return bytes.subarray(index * this.symbolBytes, (index + 1) * this.symbolBytes);
  }
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
      loadRows(slice, sourceCount, spare, 0, partial.slots.length - sourceCount);
    },
    (slice) => {
      for (let esi = 0; esi < sourceCount; esi++) {
        if (partial.slots[esi] !== esi) storeRows(slice, esi, block, esi, 1);
      }
    },
  );
}

function isComplete(code: BlockCode, slots: Int32Array): boolean {
  for (let esi = 0; esi < code.sourceCount; esi++) if (slots[esi] !== esi) return false;
  return true;
}

function checkedCode(partial: PartialBlock, symbolBytes: number): BlockCode {
  const { block, slots, spare } = partial;
  checkSymbolBytes(symbolBytes);
  const code = blockCode(block.length / symbolBytes);
  if (spare.length !== (slots.length - code.sourceCount) * symbolBytes) {
    throw new LayercastError(
      'FEC_INVALID',
      `${slots.length} slots are not ${block.length} + ${spare.length} bytes in symbols of ${symbolBytes}`,
      { hint: 'give a slot for each symbol of the block and of the spare memory' },
    );
  }
  const seen = new Set<number>();
  for (let slot = 0; slot < slots.length; slot++) {
    const esi = slots[slot]!;
    if (esi === -1) continue;
    const misplaced = esi < code.sourceCount && slot !== esi;
    if (esi < 0 || esi > MAX_ESI || misplaced || seen.has(esi)) {
      throw new LayercastError('FEC_INVALID', `slot ${slot} cannot hold the symbol of ESI ${esi}`, {
        hint: 'each symbol has one slot, and a source symbol that of its ESI',
      });
    }
    seen.add(esi);
  }
  return code;
}
