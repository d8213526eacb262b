import { rm } from 'node:fs/promises';
import { systemError } from '../base/system-error.js';
import { workingPaths } from './locked-files.js';

/**
 * Removes a file that was fetched, and what was received of a newer version of it. No fetch of it may be under way.
 *
 * @param path of the file, absolute
 * @param journalDir as in `LockedFiles.take`
 * @throws {LayercastError} `PERMISSION_DENIED`, `FILE_IO`
 */
export async function discardOutput(path: string, journalDir: string | undefined): Promise<void> {
  const { partPath, journalPath } = workingPaths(path, journalDir);
  for (const each of [path, partPath, journalPath]) {
    await rm(each, { force: true }).catch((error: unknown) => {
      throw systemError(error, 'remove', each);
    });
  }
}
