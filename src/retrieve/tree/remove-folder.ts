import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';

/** Removes a folder with all that is in it, also from folders in it that nobody may change. Nothing happens if there is none. */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw systemError(error, 'remove', folder);
    await allowChanges(folder);
    await rm(folder, { recursive: true, force: true }).catch((again) => {
      throw systemError(again, 'remove', folder);
    });
  }
}

async function allowChanges(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) return;
  await chmod(folder, 0o700).catch(() => undefined);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await allowChanges(join(folder, entry.name));
  }
}
