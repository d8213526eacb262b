import { open, realpath, rename, writeFile } from 'node:fs/promises';
import { asLayercastError, errnoOf, LayercastError } from '../base/errors.js';
import { systemError } from '../base/system-error.js';
import { copyWithHoles } from './copy-file.js';
import { removeAbandoned, removeQuietly, syncDirectoryOf, temporaryName } from './durable.js';
import { FileSource } from './file-source.js';
import { takeAttributes } from './part/file-attributes.js';

/**
 * New content that lies on disk beside a file. `place` gives it to the file in one step: whoever opens the file, also after a power cut, finds all
 * of the old bytes or all of the new. The file keeps its mode, owner and group. Of a symbolic link, the file that it leads to is replaced.
 * When this is disposed of without `place`, nothing of it stays.
 */
export interface ReadyContent extends AsyncDisposable {
  /** @throws {LayercastError} `PERMISSION_DENIED`, `FILE_IO`, …; the file has its old content then */
  place(): Promise<void>;
}

/**
 * Makes the content of another file ready for `path`.
 *
 * @throws {LayercastError} `ABORTED`, `DISK_FULL`, `PERMISSION_DENIED`, `FILE_NOT_FOUND`, `FILE_IO`, also when `from` is a pipe, a folder or a
 * device; `OBJECT_CHANGED` when somebody writes to it meanwhile
 */
export async function readyFile(from: string, path: string, signal?: AbortSignal): Promise<ReadyContent> {
  const source = await FileSource.open(from);
  try {
    const copy = async (temporary: string) => {
      await copyWithHoles(from, temporary, signal);
      await requireUnchanged(source);
    };
    return await ready(path, copy, signal);
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

/** Makes a text ready for `path`, where there is a file. @throws {LayercastError} as `readyFile` */
export function readyText(text: string, path: string): Promise<ReadyContent> {
  // The file may be private.
  return ready(path, (temporary) => writeFile(temporary, text, { flag: 'wx', mode: 0o600 }));
}

async function ready(
  path: string,
  write: (temporary: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<ReadyContent> {
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
  } catch (error) {
    await removeQuietly(temporary);
    if (signal?.aborted) throw asLayercastError(signal.reason, signal);
    throw systemError(error, 'write', path);
  }
  return {
    place: async () => {
      await rename(temporary, target).catch((error) => {
        throw systemError(error, 'write', path);
      });
      await syncDirectoryOf(target);
    },
    [Symbol.asyncDispose]: () => removeQuietly(temporary),
  };
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
