import { access, constants, open, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemError } from '../../base/system-error.js';

/** Writes a picture to a file, which is replaced if it exists, or to standard output (`-`). @throws {LayercastError} the system's reason why it cannot be written */
export async function writePicture(path: string, picture: string): Promise<void> {
  if (path === '-') {
    process.stdout.write(picture);
    return;
  }
  await writing(path, () => writeFile(path, picture));
}

/** Finds out before long work whether its picture can be written: to the folder, and not in the place of one. @throws {LayercastError} the system's reason why not */
export async function checkPicturePath(path: string): Promise<void> {
  if (path === '-') return;
  const found = await stat(path).catch(() => undefined);
  await writing(path, async () => {
    await access(dirname(path), constants.W_OK);
    // Nobody can open a folder for writing: the system says so.
    if (found?.isDirectory()) await open(path, 'r+');
  });
}

async function writing(path: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw systemError(error, 'write', path);
  }
}
