import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../base/errors.js';
import { systemError } from '../base/system-error.js';

/** Makes the names in the directory of `path` durable: otherwise a power cut may undo a rename or a creation. */
export async function syncDirectoryOf(path: string): Promise<void> {
  await syncDirectory(dirname(path));
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, constants.O_RDONLY);
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    // Some systems and file systems have no fsync for directories, and offer nothing better.
    if (!['EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'ENOTSUP'].includes(errnoOf(error) ?? '')) {
      throw systemError(error, 'sync', directory);
    }
  }
}

/** An unused name in the directory of `path`. The name is short, because the name in `path` may be as long as names can be. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.layercast-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
}

const TEMPORARY = /^\.layercast-\d+-[0-9a-f]{12}\.tmp$/;
/** A temporary file that nobody has written for this long was left by a process that died. */
const ABANDONED_MS = 3_600_000;

/** Removes the temporary files in the directory of `path` that processes left there when they were killed. What cannot be removed stays. */
export async function removeAbandoned(path: string): Promise<void> {
  const directory = dirname(path);
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((one) => TEMPORARY.test(one))) {
    const left = join(directory, name);
    const found = await stat(left).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < Date.now() - ABANDONED_MS) await removeQuietly(left);
  }
}

/** Removes what a step that failed has left. What cannot be removed stays: the failure of that step is what has to be told. */
export async function removeQuietly(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

/** Writes all of `bytes` at byte `position`. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    // A full disk takes a part of the bytes, and reports that it is full only at the next write.
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * Gives `path` the content that comes in `pieces`, in one step: a reader, and a process after a crash, finds either all of the
 * old content or all of the new. The new content is on disk when the promise resolves.
 *
 * @param mode of the file, less the umask. @default its owner alone may read it
 * @throws {LayercastError} `PERMISSION_DENIED`, `DISK_FULL`, `FILE_IO`, …; `path` then has all of the old content or all of the new
 */
export async function replaceFile(path: string, pieces: Iterable<Uint8Array>, mode = 0o600): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, 'wx', mode);
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
    await removeQuietly(temporary);
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
