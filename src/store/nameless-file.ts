import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from './durable.js';

/** A new file for reading and writing in a folder, without a name: nothing is left of it when it is closed. */
export async function openNameless(folder: string): Promise<FileHandle> {
  const path = temporaryName(join(folder, 'spool'));
  const handle = await open(path, 'wx+', 0o600);
  try {
    await rm(path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
