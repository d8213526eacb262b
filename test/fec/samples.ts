import type { BlockEncoder, PartialBlock } from '../../dist/fec/index.js';

/** Numbers below 1 that look random and are the same in every run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomBytes(length: number, seed: number): Uint8Array {
  const random = randomFrom(seed);
  return Uint8Array.from({ length }, () => Math.floor(256 * random()));
}

/** `count` different whole numbers below `bound`, in random order. */
export function pick(count: number, bound: number, random: () => number): number[] {
  const picked = new Set<number>();
  while (picked.size < count) picked.add(Math.floor(bound * random()));
  return [...picked];
}

/**
 * The symbols of some ESIs in the order of `esis`: the first K in the block, all others in spare rows.
 *
 * @param write writes the symbol of an ESI to the beginning of `into`
 */
export function rowsOf(
  sourceCount: number,
  symbolBytes: number,
  esis: readonly number[],
  write: (esi: number, into: Uint8Array) => void,
): PartialBlock {
  const rowCount = Math.max(sourceCount, esis.length);
  const rows = new Uint8Array(rowCount * symbolBytes);
  for (const [row, esi] of esis.entries()) write(esi, rows.subarray(row * symbolBytes, (row + 1) * symbolBytes));
  return {
    block: rows.subarray(0, sourceCount * symbolBytes),
    spare: rows.subarray(sourceCount * symbolBytes),
    esis: Int32Array.from({ length: rowCount }, (_, row) => esis[row] ?? -1),
  };
}

/** As `rowsOf`, with the symbols of an encoder. */
export function encodedRows(encoder: BlockEncoder, esis: readonly number[]): PartialBlock {
  return rowsOf(encoder.code.sourceCount, encoder.symbolBytes, esis, (esi, into) => encoder.encode(esi, into));
}
