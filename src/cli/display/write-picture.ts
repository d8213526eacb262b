import { writeFile } from 'node:fs/promises';
import { systemError } from '../../store/system-error.js';

/** Writes a picture; an existing file is replaced. @throws {LayercastError} the system's reason why it cannot be written */
export async function writePicture(path: string, picture: string): Promise<void> {
  try {
    await writeFile(path, picture);
  } catch (error) {
    throw systemError(error, 'write', path);
  }
}
