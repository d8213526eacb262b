import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { syncDirectoryOf } from '../durable.js';

/**
 * Makes a folder and all missing folders above it, and puts their names on disk: what is put into them later is then there after a power cut. Does
 * nothing if the folder exists. Node's recursive mkdir cannot be used: in
 * a folder that exists and answers ENOENT to every mkdir, such as /proc, it never ends (Node 20).
 *
 * @param mode of new folders, less the umask
 * @throws {LayercastError} `PERMISSION_DENIED`, `FILE_NOT_FOUND`, `DISK_FULL`, …
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const folder = resolve(path);
  if (await isMade(folder, mode)) return;
  // The folder above is made first, so there are at most as many calls as the path has parts.
  await makeFolder(dirname(folder), mode);
  if (await isMade(folder, mode)) return;
  throw new LayercastError(
    'FILE_NOT_FOUND',
    `cannot create ${JSON.stringify(folder)}: the folder above takes no new entries`,
    { hint: 'choose another folder' },
  );
}

/** Makes one folder, or finds that it exists; false when the folder above is missing. */
async function isMade(folder: string, mode: number): Promise<boolean> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory()) return true;
    const errno = errnoOf(error);
    if (errno === 'ENOENT' && dirname(folder) !== folder) return false;
    if (errno === 'EEXIST') {
      throw new LayercastError('FILE_NOT_FOUND', `${JSON.stringify(folder)} exists and is not a folder`, {
        hint: 'remove it, or choose another folder',
      });
    }
    throw systemError(error, 'create', folder);
  }
  await syncDirectoryOf(folder);
  return true;
}
