import { writeFile } from 'node:fs/promises';
import { systemError } from '../../store/system-error.js';

/** Writes a picture, in the place of one that is there. @throws {LayercastError} what the system says. */
export async function writePicture(path: string, picture: string): Promise<void> {
  try {
    await writeFile(path, picture);
  } catch (error) {
    throw systemError(error, 'write', path);
  }
}
