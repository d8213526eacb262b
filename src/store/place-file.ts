import { open, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { asLayercastError, errnoOf } from '../base/errors.js';
import { copyWithHoles } from './copy-file.js';
import { syncDirectoryOf, temporaryName } from './durable.js';
import { takeAttributes } from './part/file-attributes.js';
import { systemError } from './system-error.js';

/*
 * Gives a file new content in one step: whoever opens it, also after a power cut, finds all of the old bytes or all of the new. The file keeps
 * its mode, owner and group. Of a symbolic link, the file that it leads to is replaced.
 */

/**
 * Gives `path` the content of another file.
 *
 * @throws {LayercastError} `ABORTED`, `DISK_FULL`, `PERMISSION_DENIED`, `FILE_NOT_FOUND`, `FILE_IO`; `path` has its old content then
 */
export function placeFile(from: string, path: string, signal?: AbortSignal): Promise<void> {
  return replace(path, (temporary) => copyWithHoles(from, temporary, signal), signal);
}

/** Gives `path` a text as its content. @throws {LayercastError} as `placeFile` */
export function placeText(text: string, path: string): Promise<void> {
  return replace(path, (temporary) => writeFile(temporary, text, { flag: 'wx' }));
}

async function replace(path: string, write: (temporary: string) => Promise<void>, signal?: AbortSignal): Promise<void> {
  const target = await followed(path);
  const temporary = temporaryName(target);
  try {
    await write(temporary);
    const copy = await open(temporary, 'r+');
    try {
      await takeAttributes(copy, target);
      await copy.sync();
    } finally {
      await copy.close();
    }
    signal?.throwIfAborted();
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    if (signal?.aborted) throw asLayercastError(signal.reason, signal);
    throw systemError(error, 'write', path);
  }
  await syncDirectoryOf(target);
}

/** Where symbolic links at `path` lead; `path` itself if there is nothing yet. */
async function followed(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return path;
    throw systemError(error, 'look at', path);
  }
}
