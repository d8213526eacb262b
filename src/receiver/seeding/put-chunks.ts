import { FILE_PIECE_BYTES } from '../../base/limits.js';
import { MAX_CHUNK_BYTES } from '../../chunks/chunk-ends.js';
import type { ChunkIndex } from '../../chunks/chunk-index.js';
import { type ChunkedBytes, chunkHash } from '../../chunks/each-chunk.js';
import type { ChunkSources } from './chunk-sources.js';
import type { SymbolFiller } from './symbol-filler.js';

/** How many bytes came from where. */
export interface PutBytes {
  readonly fromSeeds: number;
  readonly fromDelta: number;
}

/**
 * Puts all chunks that are on this host into a store, in the order of the object. Each chunk is read and hashed again: a seed may be written to
 * meanwhile. A chunk that is not as expected, or cannot be read, is left out.
 *
 * @param sources the delta, then the seeds; undefined for a seed that cannot be opened
 * @param onProgress called after each piece, and awaited
 * @throws the reason of the signal; what the store throws
 */
export async function putChunks(
  index: ChunkIndex,
  places: ChunkSources,
  sources: readonly (ChunkedBytes | undefined)[],
  filler: SymbolFiller,
  onProgress: () => Promise<void>,
  signal: AbortSignal,
): Promise<PutBytes> {
  const buffer = Buffer.allocUnsafe(FILE_PIECE_BYTES + MAX_CHUNK_BYTES);
  let [fromSeeds, fromDelta] = [0, 0];
  for (let chunk = 0; chunk < index.count; ) {
    signal.throwIfAborted();
    const place = places.placeOf(chunk);
    if (place === undefined || filler.has(index.offsetOf(chunk), index.lengthOf(chunk))) {
      chunk++;
      continue;
    }
    const end = endOfRun(index, places, chunk);
    const length = index.offsetOf(end) - index.offsetOf(chunk);
    const count = await readSome(sources[place.source], place.offset, buffer.subarray(0, length));
    const start = index.offsetOf(chunk);
    for (; chunk < end; chunk++) {
      const from = index.offsetOf(chunk) - start;
      const bytes = buffer.subarray(from, from + index.lengthOf(chunk));
      if (from + bytes.length > count || !chunkHash(bytes).equals(index.hashOf(chunk))) continue;
      const before = filler.bytes;
      await filler.take(index.offsetOf(chunk), bytes);
      if (place.source === 0) fromDelta += filler.bytes - before;
      else fromSeeds += filler.bytes - before;
    }
    await onProgress();
  }
  return { fromSeeds, fromDelta };
}

/** The chunk after the last one that lies behind this one in the same source, too, so that both can be read at once. */
function endOfRun(index: ChunkIndex, places: ChunkSources, first: number): number {
  const { source, offset } = places.placeOf(first)!;
  const start = index.offsetOf(first);
  let end = first + 1;
  for (; end < index.count; end++) {
    const length = index.offsetOf(end) - start;
    const next = places.placeOf(end);
    if (next?.source !== source || next.offset !== offset + length || length >= FILE_PIECE_BYTES) return end;
  }
  return end;
}

/** Bytes that were read; 0 if nothing can be read there. */
async function readSome(source: ChunkedBytes | undefined, offset: number, into: Uint8Array): Promise<number> {
  return source === undefined ? 0 : source.read(offset, into).catch(() => 0);
}
