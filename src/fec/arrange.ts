import { type PartialBlock, restoreBlock } from './decoder.js';

/**
 * Restores a block whose places hold any of its symbols in any order, source symbols among them; so may `spare`.
 *
 * @returns as `restoreBlock`; the symbols change places even if they do not determine the block
 * @throws {LayercastError} `FEC_INVALID` as `restoreBlock`
 */
export function solveBlock(partial: PartialBlock, symbolBytes: number): boolean {
  arrange(partial, symbolBytes);
  return restoreBlock(partial, symbolBytes);
}

/** Brings every source symbol to its own place, as decoding wants it. A copy in memory; on disk it would be a write. */
function arrange({ block, spare, slots }: PartialBlock, symbolBytes: number): void {
  const sourceCount = Math.floor(block.length / symbolBytes);
  const at = (slot: number): Uint8Array => {
    const [bytes, index] = slot < sourceCount ? [block, slot] : [spare, slot - sourceCount];
    return bytes.subarray(index * symbolBytes, (index + 1) * symbolBytes);
  };
  const moved = new Uint8Array(symbolBytes);
  for (let slot = 0; slot < slots.length; slot++) {
    for (let esi = slots[slot]!; esi >= 0 && esi < sourceCount && esi !== slot; esi = slots[slot]!) {
      // Named twice: decoding refuses that.
      if (slots[esi] === esi) break;
      moved.set(at(esi));
      at(esi).set(at(slot));
      at(slot).set(moved);
      slots[slot] = slots[esi]!;
      slots[esi] = esi;
    }
  }
}
