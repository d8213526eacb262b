import { access, constants, writeFile } from 'node:fs/promises';
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

/** Finds out before long work whether its picture can be written to the folder. @throws {LayercastError} the system's reason why not */
export async function checkPicturePath(path: string): Promise<void> {
  if (path !== '-') await writing(path, () => access(dirname(path), constants.W_OK));
}

async function writing(path: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw systemError(error, 'write', path);
  }
}
