import { writeFile } from 'node:fs/promises';
import { systemError } from '../../store/system-error.js';

/** Writes a picture to a file, which is replaced if it exists, or to standard output (`-`). @throws {LayercastError} the system's reason why it cannot be written */
export async function writePicture(path: string, picture: string): Promise<void> {
  if (path === '-') {
    process.stdout.write(picture);
    return;
  }
  try {
    await writeFile(path, picture);
  } catch (error) {
    throw systemError(error, 'write', path);
  }
}
