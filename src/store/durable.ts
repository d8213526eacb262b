import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../base/errors.js';
import { systemError } from './system-error.js';

/** Makes the names in the directory of `path` durable: without it, a power cut may undo a rename or a creation. */
export async function syncDirectoryOf(path: string): Promise<void> {
  const directory = dirname(path);
  try {
    const handle = await open(directory, constants.O_RDONLY);
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    // Some systems and file systems have no fsync for directories; there is nothing better to call.
    if (!['EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'ENOTSUP'].includes(errnoOf(error) ?? '')) {
      throw systemError(error, 'sync', directory);
    }
  }
}

/** A name in the directory of `path` that nobody else uses; short, for the name in `path` may be as long as names can be. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.layercast-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
}

/** Writes all of `bytes` at byte `position`. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    // A full disk takes a part, and says so only when asked for the rest.
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * Gives `path` the content that comes in `pieces`, in one step: readers, and a crash at any moment, see all of the old or all
 * of the new. On disk when it resolves.
 * @throws {LayercastError} `PERMISSION_DENIED`, `DISK_FULL`, `FILE_IO`, …; `path` is then as it was, or wholly new
 */
export async function replaceFile(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      let position = 0;
      for (const piece of pieces) {
        await writeFully(handle, piece, position);
        position += piece.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw systemError(error, 'write', path);
  }
  await syncDirectoryOf(path);
}

/** Joins small pieces into chunks of at least this length, for fewer writes. */
export function* inChunks(pieces: Iterable<Buffer>, chunkBytes: number): Generator<Buffer> {
  let chunk: Buffer[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    chunk.push(piece);
    bytes += piece.length;
    if (bytes < chunkBytes) continue;
    yield Buffer.concat(chunk);
    chunk = [];
    bytes = 0;
  }
  yield Buffer.concat(chunk);
}
