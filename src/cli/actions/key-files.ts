import { type FileHandle, open, rm } from 'node:fs/promises';
import { replaceFile } from '../../store/durable.js';

/** A file with a key, and its permissions. */
export interface KeyFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * Writes files with keys that belong together. A key that cannot be written whole, because the disk is full, leaves no file behind: the next command
 * would take it for a key. Keys that are replaced stay until the new ones are on disk, and a link is replaced and not followed.
 *
 * @param isToReplace whether files that are there are replaced
 * @throws the system's error, `EEXIST` for a file that is there; {LayercastError} `DISK_FULL`, … while files are replaced
 */
export async function writeKeyFiles(files: readonly KeyFile[], isToReplace: boolean): Promise<void> {
  if (isToReplace) {
    for (const { path, text, mode } of files) await replaceFile(path, [Buffer.from(text)], mode);
    return;
  }
  const made: string[] = [];
  try {
    for (const { path, text, mode } of files) {
      const file = await open(path, 'wx', mode);
      made.push(path);
      await write(file, text);
    }
  } catch (error) {
    await Promise.all(made.map((path) => rm(path, { force: true })));
    throw error;
  }
}

async function write(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
