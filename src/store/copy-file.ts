import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LayercastError } from '../base/errors.js';
import { FILE_PIECE_BYTES } from '../base/limits.js';
import { writeFully } from './durable.js';
import { freeBytesFor } from './free-space.js';

/** Zeros of this length are left out of a copy: one block of most file systems. */
const BLOCK_BYTES = 4096;

/**
 * Copies a file to a path at which there is none; the copy is on the disk when the promise resolves. It shares the content where the file system
 * can (btrfs, XFS); otherwise the content is copied without its holes. A copy that fails leaves what it has written.
 *
 * @throws {LayercastError} `DISK_FULL` before anything is written
 * @throws the reason of `signal`; the system's errors
 */
export async function copyWithHoles(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  const found = await stat(from);
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    const copy = await open(to, 'r');
    await copy.sync().finally(() => copy.close());
  } catch {
    await rm(to, { force: true });
    const neededBytes = found.blocks * 512;
    if ((await freeBytesFor(to)) < neededBytes) {
      throw new LayercastError(
        'DISK_FULL',
        `no room for a copy of ${JSON.stringify(from)}, which takes ${neededBytes} bytes`,
        {
          hint: `Make room in ${dirname(to)}`,
        },
      );
    }
    await copySparse(from, to, found.mode & 0o777, signal);
  }
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
