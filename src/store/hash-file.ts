import { createHash } from 'node:crypto';
import { LayercastError } from '../base/errors.js';
import { FILE_PIECE_BYTES } from '../base/limits.js';
import type { ByteSource } from '../base/ports.js';
import { type ObjectDigests, ObjectHasher } from '../object/digest.js';
import type { Geometry } from '../object/geometry.js';
import { FileSource } from './file-source.js';

export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each piece with the bytes hashed so far. */
  readonly onProgress?: ((hashedBytes: number) => void) | undefined;
}

/**
 * SHA-256 of an object and of its blocks, from a file or a part file.
 * @throws {LayercastError} `ABORTED`, and what the source throws
 */
export async function hashObject(
  source: Pick<ByteSource, 'read'>,
  geometry: Geometry,
  options: HashOptions = {},
): Promise<ObjectDigests> {
  const hasher = new ObjectHasher(geometry);
  await eachPiece(source, geometry.sizeBytes, options, (piece) => hasher.update(piece));
  return hasher.digest();
}

/**
 * Whether the file at `path` is already the object of this size and SHA-256. False when there is no such file.
 * @throws {LayercastError} `ABORTED`, `PERMISSION_DENIED`, `FILE_IO`, or `OBJECT_CHANGED` when someone writes to it meanwhile
 */
export async function verifyFile(
  path: string,
  expected: { readonly sizeBytes: number; readonly sha256: Uint8Array },
  options: HashOptions = {},
): Promise<boolean> {
  const digest = await digestOfFile(path, expected.sizeBytes, options);
  return digest !== undefined && Buffer.compare(digest, expected.sha256) === 0;
}

/**
 * SHA-256 of the file at `path`; undefined when there is no such file, or one of another size.
 * @throws {LayercastError} as `verifyFile`
 */
export async function digestOfFile(
  path: string,
  sizeBytes: number,
  options: HashOptions = {},
): Promise<Uint8Array | undefined> {
  const source = await FileSource.open(path).catch((error) => {
    if (error instanceof LayercastError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  });
  if (source === undefined) return undefined;
  try {
    if (source.sizeBytes !== sizeBytes) return undefined;
    const hash = createHash('sha256');
    await eachPiece(source, source.sizeBytes, options, (piece) => hash.update(piece));
    return hash.digest();
  } finally {
    await source.close();
  }
}

/** Visits the bytes in order, piece by piece; the next piece is read while one is visited. */
async function eachPiece(
  source: Pick<ByteSource, 'read'>,
  sizeBytes: number,
  { signal, onProgress }: HashOptions,
  visit: (piece: Uint8Array) => void,
): Promise<void> {
  const buffers = [Buffer.allocUnsafe(FILE_PIECE_BYTES), Buffer.allocUnsafe(FILE_PIECE_BYTES)] as const;
  const read = (offset: number, buffer: Buffer): Promise<Buffer> => {
    const piece = buffer.subarray(0, Math.min(FILE_PIECE_BYTES, sizeBytes - offset));
    const reading = source.read(offset, piece).then(() => piece);
    // The piece is awaited later; until then Node would take a failure for one that nobody handles.
    reading.catch(() => {});
    return reading;
  };
  let ahead = read(0, buffers[0]);
  for (let offset = 0, turn = 1; offset < sizeBytes; turn ^= 1) {
    const piece = await ahead;
    if (signal?.aborted) throw new LayercastError('ABORTED', 'hashing was aborted', { cause: signal.reason });
    offset += piece.length;
    if (offset < sizeBytes) ahead = read(offset, buffers[turn]!);
    visit(piece);
    onProgress?.(offset);
  }
  await ahead;
}
