import { lstat, rm } from 'node:fs/promises';
import { systemError } from '../../base/system-error.js';
import { replaceByCopy } from '../renew-file.js';

/**
 * Sees to it that a file that is going to be written to has no other name, such as one in a copy of its folder that was made of hard links: what is
 * written would be written there, too. If there is no such file, nothing happens.
 *
 * @param isKept whether the bytes are still needed; then a copy takes the place of the file
 * @throws {LayercastError} `DISK_FULL`, `PERMISSION_DENIED`, `FILE_IO`, …; the file is as it was then
 */
export async function leaveOtherNames(path: string, isKept: boolean): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile() || found.nlink <= 1) return;
  await (isKept ? replaceByCopy(path, undefined) : rm(path)).catch((error) => {
    throw systemError(error, 'write', path);
  });
}
