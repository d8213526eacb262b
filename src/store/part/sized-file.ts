import { constants } from 'node:fs';
import { chmod, type FileHandle, lstat, open, rename } from 'node:fs/promises';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { removeQuietly, syncDirectoryOf } from '../durable.js';
import { freeBytesFor } from '../free-space.js';
import { leaveOtherNames } from './other-names.js';

export interface SizedFileOptions {
  readonly sizeBytes: number;
  /** Whether to keep the bytes of an existing file of this size. Any other file is emptied. */
  readonly resume: boolean;
  /** Mode of the file, less the umask. @default 0o666 */
  readonly mode?: number | undefined;
}

/**
 * Creates or opens a file, gives it its full length, and checks that the disk has room for what is missing.
 *
 * @returns `resumed`: whether there was a file of the right length whose bytes were kept
 * @throws {LayercastError} `FILE_NOT_FOUND` (no such directory), `PERMISSION_DENIED`, `DISK_FULL`, `FILE_IO`.
 */
export async function openSized(
  path: string,
  { sizeBytes, resume, mode = 0o666 }: SizedFileOptions,
): Promise<{ readonly handle: FileHandle; readonly resumed: boolean }> {
  await leaveOtherNames(path, resume);
  const { handle, isNew } = await openOrCreate(path, mode).catch((error) => {
    throw systemError(error, 'create', path);
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) {
      throw new LayercastError('NOT_A_FILE', `${JSON.stringify(path)} exists and is no ordinary file`, {
        hint: 'remove it, or choose another name for the output',
      });
    }
    const resumed = resume && found.size === sizeBytes;
    if (!resumed) await handle.truncate(0);
    await requireSpace(path, sizeBytes - (resumed ? Math.min(found.blocks * 512, found.size) : 0));
    await handle.truncate(sizeBytes);
    await syncDirectoryOf(path);
    return { handle, resumed };
  } catch (error) {
    await handle.close();
    if (isNew) await removeQuietly(path);
    throw systemError(error, 'create', path);
  }
}

/**
 * Makes sure that `path` still names the open file. Whatever else has the name would get the name of the finished file.
 *
 * @throws {LayercastError} `FILE_IO` if somebody has removed, moved or replaced it
 */
export async function requireInPlace(handle: FileHandle, path: string): Promise<void> {
  const own = await handle.stat();
  const named = await lstat(path).catch((error) => {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw systemError(error, 'look at', path);
  });
  if (named?.ino === own.ino && named.dev === own.dev) return;
  const what = named === undefined ? 'removed or moved' : 'replaced';
  throw new LayercastError('FILE_IO', `somebody has ${what} ${JSON.stringify(path)} while it was being received`, {
    hint: 'run again, and keep other programs away from this file',
  });
}

/**
 * Gives a finished file, which nobody has open, its final name in one step, and puts that name on disk.
 *
 * @param confirm called right before the rename; when it rejects, so does this, and nothing is renamed
 */
export async function renameFinished(path: string, target: string, confirm: () => Promise<void>): Promise<void> {
  await confirm();
  try {
    await rename(path, target);
  } catch (error) {
    throw systemError(error, 'rename the finished file to', target);
  }
  await syncDirectoryOf(target);
}

async function openOrCreate(path: string, mode: number): Promise<{ handle: FileHandle; isNew: boolean }> {
  try {
    return { handle: await open(path, 'wx+', mode), isNew: true };
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  // Non-blocking, because opening a FIFO may wait for another process; the flag makes no difference to ordinary files. Links are not
  // followed, because the last rename would give the link the name of the file.
  const flags = constants.O_RDWR | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);
  const handle = await open(path, flags).catch(async (error) => {
    if (errnoOf(error) !== 'EACCES') throw error;
    // A run that could not rename the whole part file has left it with the mode of a read-only FILE. Its owner may make it writable.
    await chmod(path, 0o600);
    return open(path, flags);
  });
  return { handle, isNew: false };
}

/** @throws {LayercastError} `DISK_FULL` if the file system of `path` has no room for so many bytes more */
export async function requireSpace(path: string, missingBytes: number): Promise<void> {
  const freeBytes = await freeBytesFor(path);
  if (freeBytes >= missingBytes) return;
  throw new LayercastError(
    'DISK_FULL',
    `${JSON.stringify(path)} needs ${missingBytes} bytes and its file system has ${freeBytes} left`,
    { hint: `free ${missingBytes - freeBytes} bytes, or choose another file system for the output` },
  );
}
