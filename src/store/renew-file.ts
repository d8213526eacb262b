import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { asLayercastError, errnoOf } from '../base/errors.js';
import { FILE_PIECE_BYTES } from '../base/limits.js';
import { syncDirectoryOf, temporaryName, writeFully } from './durable.js';
import { freeBytesFor } from './free-space.js';

/** Zeros of this length are left out of a copy: one block of most file systems. */
const BLOCK_BYTES = 4096;

/**
 * Replaces a file by a copy of itself. A process that still has the old file open then writes to a file that nobody reads. The copy shares
 * the content where the file system can (btrfs, XFS); otherwise the content is copied without its holes. If the file cannot be copied, for
 * want of room or another reason, it is removed. If there is no such file, nothing happens.
 * @throws {LayercastError} `ABORTED`
 * @throws the system's error when the file can neither be copied nor removed
 */
export async function renewFile(path: string, signal: AbortSignal | undefined): Promise<void> {
  const found = await stat(path).catch((error) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  const temporary = temporaryName(path);
  try {
    await copyFile(path, temporary, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL).catch(async () => {
      await rm(temporary, { force: true });
      await requireRoom(path, found.blocks * 512);
      await copySparse(path, temporary, found.mode & 0o777, signal);
    });
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true });
    if (signal?.aborted) throw asLayercastError(signal.reason, signal);
    await rm(path, { force: true });
  }
  await syncDirectoryOf(path);
}

async function requireRoom(path: string, neededBytes: number): Promise<void> {
  if ((await freeBytesFor(path)) < neededBytes) throw new Error('no room for a copy');
}

async function copySparse(from: string, to: string, mode: number, signal: AbortSignal | undefined): Promise<void> {
  const source = await open(from, 'r');
  try {
    const copy = await open(to, 'wx', mode);
    try {
      const { size } = await source.stat();
      await copy.truncate(size);
      const piece = Buffer.allocUnsafe(FILE_PIECE_BYTES);
      for (let position = 0; position < size; ) {
        signal?.throwIfAborted();
        const { bytesRead } = await source.read(piece, 0, FILE_PIECE_BYTES, position);
        if (bytesRead === 0) break;
        await writeBlocks(copy, piece.subarray(0, bytesRead), position);
        position += bytesRead;
      }
      await copy.sync();
    } finally {
      await copy.close();
    }
  } finally {
    await source.close();
  }
}

/** Writes the runs of blocks that are not all zeros. */
async function writeBlocks(copy: FileHandle, piece: Buffer, position: number): Promise<void> {
  const zeros = Buffer.alloc(BLOCK_BYTES);
  let start = 0;
  for (let at = 0; at <= piece.length; at += BLOCK_BYTES) {
    const block = piece.subarray(at, at + BLOCK_BYTES);
    if (block.length > 0 && Buffer.compare(block, zeros.subarray(0, block.length)) !== 0) continue;
    if (at > start) await writeFully(copy, piece.subarray(start, at), position + start);
    start = at + BLOCK_BYTES;
  }
  if (start < piece.length) await writeFully(copy, piece.subarray(start), position + start);
}
