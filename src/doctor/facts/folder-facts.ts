import { randomBytes } from 'node:crypto';
import { open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errnoOf } from '../../base/errors.js';
import type { FolderFacts } from '../host-facts.js';

/** Whether a file can be made and flushed in a folder. If the folder is missing, the nearest one above is tried, and nothing is made but that file. */
export async function folderFacts(typedPath: string): Promise<FolderFacts> {
  const path = resolve(typedPath);
  const triedPath = await nearest(path);
  const [failure, space] = [await failureIn(triedPath), await statfs(triedPath).catch(() => undefined)];
  const freeBytes = space === undefined ? undefined : space.bavail * space.bsize;
  return { path, triedPath, failure, freeBytes, userId: process.geteuid?.(), fileSystem: space?.type };
}

async function nearest(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    (error: unknown) => errnoOf(error) !== 'ENOENT',
  );
  return exists || dirname(path) === path ? path : await nearest(dirname(path));
}

async function failureIn(folder: string): Promise<string | undefined> {
  const path = join(folder, `.layercast-doctor-${randomBytes(8).toString('hex')}`);
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.write(new Uint8Array(4096));
    await file.sync();
    return undefined;
  } catch (error) {
    return errnoOf(error) ?? String(error);
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
