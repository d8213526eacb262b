import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LayercastError } from '../base/errors.js';
import type { ObjectStore } from '../receiver/assemble/object-store.js';
import {
  highestCompleted,
  rememberCompleted,
  requireRememberable,
  type SignedName,
} from '../store/cache/completed-versions.js';
import { openStateFolder } from '../store/folder/state-folder.js';
import { verifyFile } from '../store/hash-file.js';
import { FileLock } from '../store/lock/file-lock.js';
import { renewFile } from '../store/renew-file.js';
import { systemError } from '../store/system-error.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { BlockRestorer } from './block-restorer.js';
import { openObjectFile, partPathOf } from './object-file.js';
import { type Output, openOutput } from './output.js';

export interface DestinationOptions extends SignedName {
  /** FILE; symbolic links are followed. */
  readonly output: string;
  /** The folder for the journal; undefined for a journal beside FILE. */
  readonly journalDir: string | undefined;
  /** The folder in which completed versions are remembered. */
  readonly stateDir: string;
  readonly signal: AbortSignal;
  /** Called once with the reason when opening takes seconds. */
  readonly onWaiting?: ((message: string) => void) | undefined;
}

/** FILE on this host with its part file, journal and lock. One process at a time holds a destination. */
export class Destination implements AsyncDisposable {
  /** The file that is made or replaced: an absolute path, with links followed. */
  readonly outputPath: string;
  /** Highest version of this object, signed by this key, that was completed on this host; 0 if none. */
  readonly completedVersion: number;
  readonly #options: DestinationOptions;
  readonly #journalPath: string;
  readonly #lock: FileLock;
  /** The error of the state directory, if any. Then nothing may be received, but FILE may already be right. */
  readonly #stateFault: unknown;

  private constructor(
    options: DestinationOptions,
    { outputPath, journalPath }: Paths,
    lock: FileLock,
    completedVersion: number,
    stateFault: unknown,
  ) {
    this.#options = options;
    this.outputPath = outputPath;
    this.#journalPath = journalPath;
    this.#lock = lock;
    this.completedVersion = completedVersion;
    this.#stateFault = stateFault;
  }

  /**
   * Checks everything that receiving FILE needs: the output itself, the state directory, and the lock. So errors are found before anything
   * is received.
   * @throws {LayercastError} `FILE_IN_USE`, `USAGE` and `FILE_NOT_FOUND` (no name of a file, no such folder), `PERMISSION_DENIED`,
   *   `DISK_FULL`, `ABORTED`, …
   */
  static async open(options: DestinationOptions): Promise<Destination> {
    const { signal, onWaiting } = options;
    const output = await openOutput(options.output);
    const paths = pathsOf(output, options.journalDir);
    const stateFault = await faultOfState(options);
    // If FILE is already right, the state directory is needed only to remember its version.
    if (stateFault !== undefined && !output.exists) throw stateFault;
    const lock = await FileLock.acquire(`${partPathOf(output.path)}.lock`, { signal, onWaiting });
    await renewContested(lock, paths, signal);
    try {
      const completed = await highestCompleted(options.stateDir, options).catch((error: unknown) => {
        // With such a state directory nothing will be received, so no older version can replace FILE.
        if (stateFault !== undefined) return undefined;
        throw error;
      });
      return new Destination(options, paths, lock, completed?.version ?? 0, stateFault);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Whether FILE already has exactly the bytes that the descriptor names. */
  async hasObject({ sizeBytes, sha256 }: Descriptor): Promise<boolean> {
    const { signal } = this.#options;
    if (!(await verifyFile(this.outputPath, { sizeBytes, sha256 }, { signal }))) return false;
    // A run that was interrupted between renaming FILE and removing its journal has left the journal behind.
    const removed = this.#lock.requireHeld().then(() => rm(this.#journalPath, { force: true }));
    await removed.catch(() => undefined);
    return true;
  }

  /** @throws {LayercastError} as `openObjectFile`, and the error of the state directory */
  async openStore(descriptor: Descriptor, restorer: BlockRestorer): Promise<ObjectStore> {
    if (this.#stateFault !== undefined) throw this.#stateFault;
    return await openObjectFile(descriptor, this.outputPath, this.#journalPath, restorer, this.#lock);
  }

  /**
   * Remembers a completed version: this host refuses older versions from now on.
   * @throws {LayercastError} when the state directory cannot be written; FILE stays as it is
   */
  remember(version: number, sha256: string): Promise<void> {
    return rememberCompleted(this.#options.stateDir, this.#options, version, sha256);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock.release();
  }
}

interface Paths {
  readonly outputPath: string;
  readonly journalPath: string;
}

async function faultOfState(options: DestinationOptions): Promise<unknown> {
  const { stateDir, journalDir } = options;
  try {
    if (journalDir !== undefined) await openStateFolder(journalDir, journalDir);
    await requireRememberable(stateDir, options);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Gives FILE.part and its journal new inodes, so that an earlier holder that goes on after all cannot write to them. */
async function renewContested(lock: FileLock, paths: Paths, signal: AbortSignal): Promise<void> {
  if (!lock.isContested) return;
  try {
    // The journal is copied first, so that the part file, copied later, has all bytes that the journal claims.
    await renewFile(paths.journalPath, signal);
    await renewFile(partPathOf(paths.outputPath), signal);
    await lock.settle();
  } catch (error) {
    // The lock is not released: the next process has to know that the files are contested.
    await lock.abandon();
    throw systemError(error, 'renew', partPathOf(paths.outputPath));
  }
}

/** FILE and its journal. In a folder with journals of many files, a hash of the path distinguishes files of the same name. */
function pathsOf({ path: outputPath }: Output, journalDir: string | undefined): Paths {
  if (journalDir === undefined) return { outputPath, journalPath: `${partPathOf(outputPath)}.journal` };
  if (dirname(outputPath) === resolve(journalDir) && outputPath.endsWith('.journal')) {
    throw new LayercastError('USAGE', `${JSON.stringify(outputPath)} is a name for journals in the state directory`, {
      hint: (say) => `Name another file with ${say('output')}`,
    });
  }
  // File systems count bytes. A character that is cut in two becomes a replacement character.
  const head = Buffer.from(basename(outputPath)).subarray(0, 100).toString();
  const hash = createHash('sha256').update(outputPath).digest('hex').slice(0, 16);
  return { outputPath, journalPath: join(journalDir, `${head}-${hash}.journal`) };
}
