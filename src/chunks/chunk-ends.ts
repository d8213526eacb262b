import { createHash } from 'node:crypto';

/** Shortest chunk, unless an object ends earlier. */
export const MIN_CHUNK_BYTES = 4096;
/** Longest chunk: its length minus 1 fits 16 bits. */
export const MAX_CHUNK_BYTES = 65_536;
/** Length of chunks on average: an edit costs about this much, and the entry of a chunk in an index 0.11 % of it. */
export const TARGET_CHUNK_BYTES = 16_384;

/** A gear hash has 32 bits and forgets a byte after 32 more. */
const WINDOW_BYTES = 32;
/** A chunk ends where the hash, as a signed number, is below this: at one of 12,288 bytes beyond the shortest length. */
const END_BELOW = Math.floor(2 ** 32 / (TARGET_CHUNK_BYTES - MIN_CHUNK_BYTES)) - 2 ** 31;

/**
 * Where the chunk that begins at `start` ends, by its content (a gear hash: Xia and others, "Ddelta", 2014). So equal content is cut into equal
 * chunks wherever it lies in a file. The rule is part of the wire format.
 *
 * @param end of the bytes that are there
 * @param isLast whether the file ends there, too
 * @returns −1 if more bytes are needed to know
 */
export function chunkEnd(bytes: Uint8Array, start: number, end: number, isLast: boolean): number {
  const gear = GEAR;
  const limit = Math.min(end, start + MAX_CHUNK_BYTES);
  let hash = 0;
  let at = start + MIN_CHUNK_BYTES - WINDOW_BYTES;
  for (const shortest = start + MIN_CHUNK_BYTES; at < shortest && at < limit; at++) {
    hash = ((hash << 1) + gear[bytes[at]!]!) | 0;
  }
  for (; at < limit; at++) {
    hash = ((hash << 1) + gear[bytes[at]!]!) | 0;
    if (hash < END_BELOW) return at + 1;
  }
  return limit === start + MAX_CHUNK_BYTES || isLast ? limit : -1;
}

/** A number for each value of a byte: the first four bytes of the SHA-256 of a text and the byte. */
const GEAR: Int32Array = Int32Array.from({ length: 256 }, (_, byte) =>
  createHash('sha256').update('layercast gear 1\0').update(Uint8Array.of(byte)).digest().readInt32BE(0),
);
