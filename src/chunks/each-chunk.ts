import { hash } from 'node:crypto';
import { FILE_PIECE_BYTES } from '../base/limits.js';
import { chunkEnd, MAX_CHUNK_BYTES } from './chunk-ends.js';

/** Bytes that can be read at any offset, up to an end that need not be known: a file or a block device. */
export interface ChunkedBytes {
  /** Fills the beginning of `into` with the bytes from `offset` on. @returns how many: less than asked for only at the end */
  read(offset: number, into: Uint8Array): Promise<number>;
}

/**
 * Cuts bytes into chunks and visits them in order. A piece of `FILE_PIECE_BYTES` is in memory at a time.
 *
 * @param visit gets a view of the chunk, which holds until the visit ends, and its offset; false ends the visits
 * @throws what `read` throws, and the reason of the signal
 */
export async function eachChunk(
  bytes: ChunkedBytes,
  visit: (chunk: Uint8Array, offset: number) => boolean | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(FILE_PIECE_BYTES + MAX_CHUNK_BYTES);
  // The buffer holds the bytes from `offset` on. Those before `filled` are there, and those before `start` have been visited.
  let offset = 0;
  let filled = 0;
  for (let isLast = false; !isLast; ) {
    signal?.throwIfAborted();
    const room = buffer.subarray(filled, filled + FILE_PIECE_BYTES);
    const count = await bytes.read(offset + filled, room);
    isLast = count < room.length;
    filled += count;
    let start = 0;
    while (start < filled) {
      const end = chunkEnd(buffer, start, filled, isLast);
      if (end < 0) break;
      if (visit(buffer.subarray(start, end), offset + start) === false) return;
      start = end;
    }
    buffer.copyWithin(0, start, filled);
    filled -= start;
    offset += start;
  }
}

/** Bytes of the SHA-256 that stand for a chunk: to find other bytes with the hash of a chunk takes 2^128 attempts. */
export const CHUNK_HASH_BYTES = 16;

/** The first 16 bytes of the SHA-256 of a chunk. */
export function chunkHash(chunk: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', chunk, 'binary'), 'latin1').subarray(0, CHUNK_HASH_BYTES);
}
