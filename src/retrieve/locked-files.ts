import { createHash } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { LayercastError } from '../base/errors.js';
import { systemError } from '../base/system-error.js';
import { FileLock } from '../store/lock/file-lock.js';
import { renewFile } from '../store/renew-file.js';

interface Paths {
  readonly partPath: string;
  readonly journalPath: string;
}

/** The names of an output's part file and journal, with the lock on both. One process at a time holds them. */
export class LockedFiles implements Paths {
  readonly partPath: string;
  readonly journalPath: string;
  readonly lock: FileLock;

  private constructor({ partPath, journalPath }: Paths, lock: FileLock) {
    this.partPath = partPath;
    this.journalPath = journalPath;
    this.lock = lock;
  }

  /**
   * @param path of the output, absolute, with links followed
   * @param options.journalDir the folder for the journal; undefined for a journal beside the part file
   * @throws {LayercastError} `FILE_IN_USE`, `USAGE` for a name that the folder of journals uses, `ABORTED`, …
   */
  static async take(
    path: string,
    options: {
      readonly journalDir: string | undefined;
      readonly signal: AbortSignal;
      readonly onWaiting?: ((message: string) => void) | undefined;
    },
  ): Promise<LockedFiles> {
    const { journalDir, signal, onWaiting } = options;
    const paths = workingPaths(path, journalDir);
    const lock = await FileLock.acquire(`${paths.partPath}.lock`, { signal, onWaiting });
    await renewContested(lock, paths, signal);
    return new LockedFiles(paths, lock);
  }

  async release(): Promise<void> {
    await this.lock.release();
  }
}

/** Gives the part file and its journal new inodes, so that an earlier holder that goes on after all cannot write to them. */
async function renewContested(lock: FileLock, { partPath, journalPath }: Paths, signal: AbortSignal): Promise<void> {
  if (!lock.isContested) return;
  try {
    // The journal is copied first, so that the part file, copied later, has all bytes that the journal claims.
    await renewFile(journalPath, signal);
    await renewFile(partPath, signal);
    await lock.settle();
  } catch (error) {
    // The lock is not released: the next process has to know that the files are contested.
    await lock.abandon();
    throw systemError(error, 'renew', partPath);
  }
}

/** Where a part file and its journal are. In a folder with journals of many outputs, a hash of the path distinguishes outputs of the same name. */
export function workingPaths(path: string, journalDir: string | undefined): Paths {
  const partPath = `${path}.part`;
  if (journalDir === undefined) return { partPath, journalPath: `${partPath}.journal` };
  if (dirname(path) === resolve(journalDir) && path.endsWith('.journal')) {
    throw new LayercastError('USAGE', `${JSON.stringify(path)} is a name for journals in the state directory`, {
      hint: (say) => `Name another file with ${say('output')}`,
    });
  }
  // File systems count bytes. A character that is cut in two becomes a replacement character.
  const head = Buffer.from(basename(path)).subarray(0, 100).toString();
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return { partPath, journalPath: join(journalDir, `${head}-${hash}.journal`) };
}
