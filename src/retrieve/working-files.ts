import { rm } from 'node:fs/promises';
import type { ObjectStore } from '../receiver/assemble/object-store.js';
import {
  highestCompleted,
  rememberCompleted,
  requireRememberable,
  type SignedName,
} from '../store/cache/completed-versions.js';
import { openStateFolder } from '../store/folder/state-folder.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { BlockRestorer } from './block-restorer.js';
import { LockedFiles, workingPaths } from './locked-files.js';
import { type Finish, openObjectFile } from './object-file.js';
import { SeedFiles } from './seeds/seed-files.js';

export interface WorkingFilesOptions extends SignedName {
  /** The folder for the journal; undefined for a journal beside the part file. */
  readonly journalDir: string | undefined;
  /** The folder in which completed versions are remembered. */
  readonly stateDir: string;
  readonly signal: AbortSignal;
  /** Called once with the reason when opening takes seconds. */
  readonly onWaiting?: ((message: string) => void) | undefined;
}

/**
 * What an object needs on disk while it is received: `PATH.part`, its journal, and the lock `PATH.part.lock`, where PATH is the output. One
 * process at a time holds them.
 */
export class WorkingFiles implements AsyncDisposable {
  /** Highest version of this object, signed by this key, that was completed on this host; 0 if none. */
  readonly completedVersion: number;
  readonly partPath: string;
  readonly #options: WorkingFilesOptions;
  readonly #files: LockedFiles;
  /** The error of the state directory, if any. Then nothing may be received, but the output may already be right. */
  readonly #stateFault: unknown;

  private constructor(options: WorkingFilesOptions, files: LockedFiles, completedVersion: number, stateFault: unknown) {
    this.#options = options;
    this.partPath = files.partPath;
    this.#files = files;
    this.completedVersion = completedVersion;
    this.#stateFault = stateFault;
  }

  /**
   * Checks the state directory and takes the lock, so that errors are found before anything is received.
   *
   * @param path of the output, absolute, with links followed; its folder can be written
   * @param outputExists whether the output is there, and so may be right already
   * @throws {LayercastError} `FILE_IN_USE`, `USAGE` (the name of a journal in the state directory), `PERMISSION_DENIED`, `DISK_FULL`,
   *   `ABORTED`, …
   */
  static async open(path: string, outputExists: boolean, options: WorkingFilesOptions): Promise<WorkingFiles> {
    const stateFault = await faultOfState(options);
    // If the output is already right, the state directory is needed only to remember its version.
    if (stateFault !== undefined && !outputExists) throw stateFault;
    const files = await LockedFiles.take(path, options);
    try {
      const completed = await highestCompleted(options.stateDir, options).catch((error: unknown) => {
        // With such a state directory nothing will be received, so no older version can replace the output.
        if (stateFault !== undefined) return undefined;
        throw error;
      });
      return new WorkingFiles(options, files, completed?.version ?? 0, stateFault);
    } catch (error) {
      await files.release();
      throw error;
    }
  }

  /**
   * @param finish makes the output of the whole part file
   * @param isPrivate whether nobody but the owner may read the part file from its first byte on
   * @param devicePath a block device that is overwritten in the place of a part file
   * @throws {LayercastError} as `openObjectFile`, and the error of the state directory
   */
  async openStore(
    descriptor: Descriptor,
    restorer: BlockRestorer,
    finish: Finish,
    isPrivate: boolean,
    devicePath?: string,
  ): Promise<ObjectStore> {
    if (this.#stateFault !== undefined) throw this.#stateFault;
    return await openObjectFile(descriptor, {
      partPath: devicePath ?? this.partPath,
      isDevice: devicePath !== undefined,
      journalPath: this.#files.journalPath,
      restorer,
      lock: this.#files.lock,
      finish,
      isPrivate,
    });
  }

  /** Seeds for what is received here. While it is needed, the delta is `PATH.part.delta`, with a part file and a journal of its own. */
  seeds(paths: readonly string[], restorer: BlockRestorer): SeedFiles {
    const deltaPath = `${this.partPath}.delta`;
    const { partPath, journalPath } = workingPaths(deltaPath, this.#options.journalDir);
    const { signal } = this.#options;
    return new SeedFiles({ paths, deltaPath, partPath, journalPath, restorer, lock: this.#files.lock, signal });
  }

  /**
   * Removes the journal that a run left behind which was interrupted after it had made the output. A failure does no harm: the next run
   * tries again.
   * @param more files to remove with it
   */
  async forgetProgress(more: readonly string[] = []): Promise<void> {
    const { lock, journalPath } = this.#files;
    const removed = lock.requireHeld().then(async () => {
      for (const path of [journalPath, ...more]) await rm(path, { force: true });
    });
    await removed.catch(() => undefined);
  }

  /**
   * Remembers a completed version: this host refuses older versions from now on.
   * @throws {LayercastError} when the state directory cannot be written; the output stays as it is
   */
  remember(version: number, sha256: string): Promise<void> {
    return rememberCompleted(this.#options.stateDir, this.#options, version, sha256);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files.release();
  }
}

async function faultOfState(options: WorkingFilesOptions): Promise<unknown> {
  const { stateDir, journalDir } = options;
  try {
    if (journalDir !== undefined) await openStateFolder(journalDir, journalDir);
    await requireRememberable(stateDir, options);
    return undefined;
  } catch (error) {
    return error;
  }
}
