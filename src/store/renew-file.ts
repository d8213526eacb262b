import { rename, rm, stat } from 'node:fs/promises';
import { asLayercastError, errnoOf } from '../base/errors.js';
import { copyWithHoles } from './copy-file.js';
import { removeQuietly, syncDirectoryOf, temporaryName } from './durable.js';

/**
 * Replaces a file by a copy of itself. A process that still has the old file open then writes to a file that nobody reads. If the file cannot
 * be copied, for want of room or another reason, it is removed. If there is no such file, nothing happens.
 * @throws {LayercastError} `ABORTED`
 * @throws the system's error when the file can neither be copied nor removed
 */
export async function renewFile(path: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await stat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    await replaceByCopy(path, signal);
  } catch {
    if (signal?.aborted) throw asLayercastError(signal.reason, signal);
    await rm(path, { force: true });
  }
  await syncDirectoryOf(path);
}

/**
 * Replaces a file by a copy of itself, and nothing else: if that fails, the file is as it was. Its folder is not flushed.
 * @throws {LayercastError} `DISK_FULL`
 * @throws the reason of the signal; the system's error
 */
export async function replaceByCopy(path: string, signal: AbortSignal | undefined): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await copyWithHoles(path, temporary, signal);
    await rename(temporary, path);
  } catch (error) {
    await removeQuietly(temporary);
    throw error;
  }
}
