import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { temporaryName } from '../durable.js';

/**
 * Checks that this program can use a folder: creates, writes, renames and removes a small file in it. An attempt shows more than permission
 * bits and mount options.
 *
 * @param folder must exist
 * @throws {LayercastError} `PERMISSION_DENIED`, `DISK_FULL`, `FILE_NOT_FOUND`, `FILE_IO`
 */
export async function probeFolder(folder: string): Promise<void> {
  const first = temporaryName(join(folder, 'probe'));
  const second = temporaryName(join(folder, 'probe'));
  try {
    const handle = await open(first, 'wx', 0o600);
    await handle.write('x').finally(() => handle.close());
    await rename(first, second);
    await rm(second);
  } catch (error) {
    await Promise.allSettled([first, second].map((path) => rm(path, { force: true })));
    if (errnoOf(error) === 'ENOENT') {
      // The folder exists, but file systems such as proc answer ENOENT to every attempt to create a file.
      throw new LayercastError(
        'FILE_NOT_FOUND',
        `cannot create a file in ${JSON.stringify(folder)}: it takes no new entries`,
        {
          hint: 'choose another folder',
          cause: error,
        },
      );
    }
    throw systemError(error, 'create, rename and remove a file in', folder);
  }
}
