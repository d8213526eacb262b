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
import { openObjectFile, partPathOf } from './object-file.js';
import { type Output, openOutput } from './output.js';

export interface DestinationOptions extends SignedName {
  /** FILE; symbolic links are followed. */
  readonly output: string;
  /** Where the journal is kept; undefined beside FILE. */
  readonly journalDir: string | undefined;
  /** Where completed versions are remembered. */
  readonly stateDir: string;
  readonly signal: AbortSignal;
  /** Told once when opening takes seconds, why. */
  readonly onWaiting?: ((message: string) => void) | undefined;
}

/** The place of one file on this host, held by one process at a time: what is there, what is being put there. */
export class Destination implements AsyncDisposable {
  /** The file that is made or replaced: absolute, links followed. */
  readonly outputPath: string;
  /** Highest version of this object, signed by this key, that was completed on this host; 0 if none. */
  readonly completedVersion: number;
  readonly #options: DestinationOptions;
  readonly #journalPath: string;
  readonly #lock: FileLock;
  /** Why nothing may be received, though FILE may be right as it is. */
  readonly #stateFault: unknown;

  private constructor(
    options: DestinationOptions,
    { outputPath, journalPath }: Places,
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
   * Looks at everything that receiving FILE needs: the output itself, the state directory, and the lock. What cannot work is found here,
   * before anything is received.
   * @throws {LayercastError} `FILE_IN_USE`, `USAGE` and `FILE_NOT_FOUND` (no name of a file, no such folder), `PERMISSION_DENIED`,
   *   `DISK_FULL`, `ABORTED`, …
   */
  static async open(options: DestinationOptions): Promise<Destination> {
    const { signal, onWaiting } = options;
    const output = await openOutput(options.output);
    const places = placesOf(output, options.journalDir);
    const stateFault = await faultOfState(options);
    // A FILE that is already right needs no state: only to remember it fails then.
    if (stateFault !== undefined && !output.exists) throw stateFault;
    const lock = await FileLock.acquire(`${partPathOf(output.path)}.lock`, { signal, onWaiting });
    await renewContested(lock, places, signal);
    try {
      const completed = await highestCompleted(options.stateDir, options).catch((error: unknown) => {
        // Nothing will be received with a state directory like that: no older version can take the place of FILE.
        if (stateFault !== undefined) return undefined;
        throw error;
      });
      return new Destination(options, places, lock, completed?.version ?? 0, stateFault);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Whether FILE is there already, with the bytes that the descriptor speaks of. */
  async hasObject({ sizeBytes, sha256 }: Descriptor): Promise<boolean> {
    const { signal } = this.#options;
    if (!(await verifyFile(this.outputPath, { sizeBytes, sha256 }, { signal }))) return false;
    // What an interruption between renaming the file and forgetting its journal left behind; it is litter, and no more.
    const removed = this.#lock.requireHeld().then(() => rm(this.#journalPath, { force: true }));
    await removed.catch(() => undefined);
    return true;
  }

  /** @throws {LayercastError} as `openObjectFile`; and what is wrong with the state directory */
  async openStore(descriptor: Descriptor): Promise<ObjectStore> {
    if (this.#stateFault !== undefined) throw this.#stateFault;
    return await openObjectFile(descriptor, this.outputPath, this.#journalPath, this.#lock);
  }

  /**
   * From now on, older versions are refused on this host.
   * @throws {LayercastError} when the state directory cannot be written; FILE is as whole as before
   */
  remember(version: number, sha256: string): Promise<void> {
    return rememberCompleted(this.#options.stateDir, this.#options, version, sha256);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock.release();
  }
}

interface Places {
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
async function renewContested(lock: FileLock, places: Places, signal: AbortSignal): Promise<void> {
  if (!lock.isContested) return;
  try {
    // The journal first: what it says then is in the part file that is copied after it.
    await renewFile(places.journalPath, signal);
    await renewFile(partPathOf(places.outputPath), signal);
    await lock.settle();
  } catch (error) {
    // Not released: the next process has to know that the files are contested.
    await lock.abandon();
    throw systemError(error, 'renew', partPathOf(places.outputPath));
  }
}

/** In a folder for the journals of many files, a path's hash keeps apart those of one name. */
function placesOf({ path: outputPath }: Output, journalDir: string | undefined): Places {
  if (journalDir === undefined) return { outputPath, journalPath: `${partPathOf(outputPath)}.journal` };
  if (dirname(outputPath) === resolve(journalDir) && outputPath.endsWith('.journal')) {
    throw new LayercastError('USAGE', `${JSON.stringify(outputPath)} is a name of a journal in the state directory`, {
      hint: (say) => `Name another file with ${say('output')}`,
    });
  }
  // In bytes, for that is what file systems count; a character cut in two becomes another.
  const head = Buffer.from(basename(outputPath)).subarray(0, 100).toString();
  const hash = createHash('sha256').update(outputPath).digest('hex').slice(0, 16);
  return { outputPath, journalPath: join(journalDir, `${head}-${hash}.journal`) };
}
