import type { FileHandle } from 'node:fs/promises';
import { LayercastError } from '../../base/errors.js';
import type { ByteSource } from '../../base/ports.js';
import { MAX_CHUNK_BYTES } from '../../chunks/chunk-ends.js';
import { type ChunkIndex, ChunkList, MAX_CHUNKS } from '../../chunks/chunk-index.js';
import { deltaHeadBytes, packDeltaHead } from '../../chunks/delta-head.js';
import { type ChunkedBytes, chunkHash, eachChunk } from '../../chunks/each-chunk.js';
import { writeFully } from '../../store/durable.js';

/** Bytes that are written at once. */
const WRITTEN_BYTES = 2 ** 20;

/** The chunks of a new version, and which of them no older version has. */
export interface DeltaPlan {
  readonly index: ChunkIndex;
  readonly brought: readonly number[];
  /** Bytes of the delta. */
  readonly sizeBytes: number;
}

/**
 * Compares a new version with older ones, chunk by chunk. The result depends on nothing but their bytes, so all servers of a fleet make the same.
 *
 * @throws {LayercastError} `CONFIG_INVALID` for a file with too many chunks; `OBJECT_CHANGED`, `FILE_IO`; the reason of the signal
 */
export async function planDelta(
  file: ByteSource & { readonly path: string },
  olds: readonly ByteSource[],
  signal: AbortSignal,
): Promise<DeltaPlan> {
  const list = new ChunkList();
  await eachChunk(
    chunked(file),
    (chunk) => {
      list.add(chunk.length, chunkHash(chunk));
      return list.count <= MAX_CHUNKS;
    },
    signal,
  );
  if (list.count > MAX_CHUNKS) {
    throw new LayercastError('CONFIG_INVALID', `${file.path} is too long for a delta: more than ${MAX_CHUNKS} chunks`, {
      hint: 'Leave out deltaFrom, or publish it in parts',
    });
  }
  const index = list.toIndex();
  const isKnown = new Uint8Array(index.count);
  for (const old of olds) {
    await eachChunk(
      chunked(old),
      (chunk) => {
        const found = index.find(chunkHash(chunk));
        if (found >= 0) isKnown[found] = 1;
        return true;
      },
      signal,
    );
  }
  const brought: number[] = [];
  let sizeBytes = deltaHeadBytes(index.count);
  for (let chunk = 0; chunk < index.count; chunk++) {
    if (index.firstOf(chunk) !== chunk || isKnown[chunk] === 1) continue;
    brought.push(chunk);
    sizeBytes += index.lengthOf(chunk);
  }
  return { index, brought, sizeBytes };
}

/** Writes a delta to an empty file. @throws {LayercastError} `OBJECT_CHANGED`, …; errors of the system; the reason of the signal */
export async function writeDelta(
  plan: DeltaPlan,
  file: ByteSource,
  handle: FileHandle,
  signal: AbortSignal,
): Promise<void> {
  const head = packDeltaHead(plan);
  await writeFully(handle, head, 0);
  const buffer = Buffer.allocUnsafe(WRITTEN_BYTES + MAX_CHUNK_BYTES);
  let position = head.length;
  let filled = 0;
  const flush = async () => {
    await writeFully(handle, buffer.subarray(0, filled), position);
    position += filled;
    filled = 0;
  };
  for (const chunk of plan.brought) {
    signal.throwIfAborted();
    const length = plan.index.lengthOf(chunk);
    await file.read(plan.index.offsetOf(chunk), buffer.subarray(filled, filled + length));
    filled += length;
    if (filled >= WRITTEN_BYTES) await flush();
  }
  await flush();
}

function chunked(source: ByteSource): ChunkedBytes {
  return {
    read: async (offset, into) => {
      const length = Math.min(into.length, source.sizeBytes - offset);
      if (length > 0) await source.read(offset, into.subarray(0, length));
      return length;
    },
  };
}
