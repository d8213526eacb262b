import { codeOf, type PartialBlock, restoreBlock } from './decoder.js';

/**
 * Restores a block from symbols in any rows: source symbols need not be in the rows of their ESIs, nor in the block.
 *
 * @returns as `restoreBlock`; the symbols are moved even if they do not determine the block
 * @throws {LayercastError} `FEC_INVALID` as `restoreBlock`
 */
export function solveBlock(partial: PartialBlock, symbolBytes: number): boolean {
  arrange(partial, codeOf(partial, symbolBytes).sourceCount, symbolBytes);
  return restoreBlock(partial, symbolBytes);
}

/**
 * Moves every source symbol to the row of its ESI, where decoding needs it. In memory that is a copy, on disk a write.
 */
function arrange({ block, spare, esis }: PartialBlock, sourceCount: number, symbolBytes: number): void {
  const at = (row: number): Uint8Array => {
    const [bytes, index] = row < sourceCount ? [block, row] : [spare, row - sourceCount];
    return bytes.subarray(index * symbolBytes, (index + 1) * symbolBytes);
  };
  const moved = new Uint8Array(symbolBytes);
  for (let row = 0; row < esis.length; row++) {
    for (let esi = esis[row]!; esi >= 0 && esi < sourceCount && esi !== row; esi = esis[row]!) {
      // Two rows have this ESI: decoding refuses that.
      if (esis[esi] === esi) break;
      moved.set(at(esi));
      at(esi).set(at(row));
      at(row).set(moved);
      esis[row] = esis[esi]!;
      esis[esi] = esi;
    }
  }
}
