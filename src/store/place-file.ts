import { open, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { asLayercastError, errnoOf, LayercastError } from '../base/errors.js';
import { systemError } from '../base/system-error.js';
import { copyWithHoles } from './copy-file.js';
import { removeAbandoned, syncDirectoryOf, temporaryName } from './durable.js';
import { FileSource } from './file-source.js';
import { takeAttributes } from './part/file-attributes.js';

/*
 * Gives a file new content in one step: whoever opens it, also after a power cut, finds all of the old bytes or all of the new. The file keeps
 * its mode, owner and group. Of a symbolic link, the file that it leads to is replaced.
 */

/**
 * Gives `path` the content of another file.
 *
 * @throws {LayercastError} `ABORTED`, `DISK_FULL`, `PERMISSION_DENIED`, `FILE_NOT_FOUND`, `FILE_IO`, also when `from` is a pipe, a folder or a
 * device; `OBJECT_CHANGED` when somebody writes to it meanwhile. `path` has its old content then
 */
export async function placeFile(from: string, path: string, signal?: AbortSignal): Promise<void> {
  const source = await FileSource.open(from);
  try {
    const copy = async (temporary: string) => {
      await copyWithHoles(from, temporary, signal);
      await requireUnchanged(source);
    };
    await replace(path, copy, signal);
  } finally {
    await source.close();
  }
}

/** The copy of a file to which somebody writes meanwhile may be a mixture. */
async function requireUnchanged(source: FileSource): Promise<void> {
  await source.checkUnchanged().catch((cause: unknown) => {
    const { message } = asLayercastError(cause);
    throw new LayercastError('OBJECT_CHANGED', message, {
      hint: 'run the command again when the file is complete',
      cause,
    });
  });
}

/** Gives `path` a text as its content. @throws {LayercastError} as `placeFile` */
export function placeText(text: string, path: string): Promise<void> {
  return replace(path, (temporary) => writeFile(temporary, text, { flag: 'wx' }));
}

async function replace(path: string, write: (temporary: string) => Promise<void>, signal?: AbortSignal): Promise<void> {
  const target = await followed(path);
  const temporary = temporaryName(target);
  await removeAbandoned(target);
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
