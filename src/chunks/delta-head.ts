import { MIN_CHUNK_BYTES } from './chunk-ends.js';
import { ChunkIndex, MAX_CHUNKS } from './chunk-index.js';
import { CHUNK_HASH_BYTES } from './each-chunk.js';

/*
 * A delta is a file in two parts. The head is the index of a new version: all its chunks, and which of them the delta brings because no old version
 * has them. These chunks follow one after the other, each content once.
 */

/** "LCD" and the number of the format. */
const MAGIC = 0x4c434401;
/** Magic and number of chunks. */
const START_BYTES = 8;
/** Length minus 1, and hash. */
const ENTRY_BYTES = 2 + CHUNK_HASH_BYTES;

/** What the head of a delta says. */
export interface DeltaHead {
  readonly index: ChunkIndex;
  /** The chunks that the delta brings, in their order. Each is the first of its content. */
  readonly brought: readonly number[];
}

/** Bytes of the head of a delta for so many chunks. */
export function deltaHeadBytes(chunkCount: number): number {
  return START_BYTES + chunkCount * ENTRY_BYTES + Math.ceil(chunkCount / 8);
}

/** The head's bytes (docs/wire-format.md). */
export function packDeltaHead({ index, brought }: DeltaHead): Buffer {
  const bytes = Buffer.alloc(deltaHeadBytes(index.count));
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeUInt32BE(index.count, 4);
  for (let chunk = 0; chunk < index.count; chunk++) {
    const at = START_BYTES + chunk * ENTRY_BYTES;
    bytes.writeUInt16BE(index.lengthOf(chunk) - 1, at);
    index.hashOf(chunk).copy(bytes, at + 2);
  }
  const marks = START_BYTES + index.count * ENTRY_BYTES;
  for (const chunk of brought) bytes[marks + (chunk >>> 3)]! |= 0x80 >>> (chunk & 7);
  return bytes;
}

/**
 * How many bytes the head of a delta has that begins with `bytes`, at least 8; undefined if it is no delta, or one for more than `sizeBytes` can
 * have chunks.
 */
export function deltaHeadLength(bytes: Buffer, sizeBytes: number): number | undefined {
  if (bytes.length < START_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined;
  const count = bytes.readUInt32BE(4);
  const most = Math.min(MAX_CHUNKS, Math.ceil(sizeBytes / MIN_CHUNK_BYTES));
  return count <= most ? deltaHeadBytes(count) : undefined;
}

/**
 * Reads the head of a delta. The input may be anything.
 *
 * @param bytes the whole head, and nothing more
 * @param sizeBytes of the new version
 * @param bytesBehind how many bytes follow the head
 * @returns undefined if it is no head, or not that of this delta and version
 */
export function readDeltaHead(bytes: Buffer, sizeBytes: number, bytesBehind: number): DeltaHead | undefined {
  if (deltaHeadLength(bytes, sizeBytes) !== bytes.length) return undefined;
  const count = bytes.readUInt32BE(4);
  const lengths = new Uint32Array(count);
  const hashes = Buffer.alloc(count * CHUNK_HASH_BYTES);
  for (let chunk = 0; chunk < count; chunk++) {
    const at = START_BYTES + chunk * ENTRY_BYTES;
    lengths[chunk] = bytes.readUInt16BE(at) + 1;
    bytes.copy(hashes, chunk * CHUNK_HASH_BYTES, at + 2, at + ENTRY_BYTES);
  }
  const index = new ChunkIndex(lengths, hashes);
  const brought = marked(bytes.subarray(START_BYTES + count * ENTRY_BYTES), count);
  if (index.sizeBytes !== sizeBytes || brought === undefined) return undefined;
  if (brought.some((chunk) => index.firstOf(chunk) !== chunk)) return undefined;
  const broughtBytes = brought.reduce((sum, chunk) => sum + index.lengthOf(chunk), 0);
  return broughtBytes === bytesBehind ? { index, brought } : undefined;
}

/** The numbers of the bits that are 1; undefined if one of them is not below `count`. */
function marked(marks: Buffer, count: number): number[] | undefined {
  const found: number[] = [];
  for (let bit = 0; bit < 8 * marks.length; bit++) {
    if (((marks[bit >>> 3]! << (bit & 7)) & 0x80) === 0) continue;
    if (bit >= count) return undefined;
    found.push(bit);
  }
  return found;
}
