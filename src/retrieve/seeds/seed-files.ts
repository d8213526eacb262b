import { rm, stat } from 'node:fs/promises';
import type { OpenedDelta, Seed, Seeds } from '../../receiver/seeding/seeds.js';
import { verifyFile } from '../../store/hash-file.js';
import type { FileLock } from '../../store/lock/file-lock.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { BlockRestorer } from '../block-restorer.js';
import { finishAs, openObjectFile } from '../object-file.js';
import { SeedFile } from './seed-file.js';
import { TreeSeed } from './tree-seed.js';

export interface SeedFilesOptions {
  /** Files, block devices, or folders, which count as their archives. */
  readonly paths: readonly string[];
  /** The file of the delta while it is needed. */
  readonly deltaPath: string;
  /** The part file of the delta and its journal while it is received. */
  readonly partPath: string;
  readonly journalPath: string;
  readonly restorer: BlockRestorer;
  /** The lock of the destination: whoever holds it owns the file of the delta. */
  readonly lock: Pick<FileLock, 'requireHeld'>;
  readonly signal: AbortSignal;
}

/** Seeds on this host, and the delta as a file beside what is received. */
export class SeedFiles implements Seeds {
  readonly #options: SeedFilesOptions;

  constructor(options: SeedFilesOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#options.paths.length;
  }

  async open(seed: number): Promise<Seed> {
    const path = this.#options.paths[seed]!;
    const found = await stat(path).catch(() => undefined);
    return found?.isDirectory() ? await TreeSeed.open(path) : await SeedFile.open(path);
  }

  async openDelta(delta: Descriptor): Promise<OpenedDelta> {
    const { deltaPath, partPath, journalPath, restorer, lock, signal } = this.#options;
    if (await verifyFile(deltaPath, delta, { signal })) {
      return { kind: 'complete', delta: await SeedFile.open(deltaPath) };
    }
    // A delta of another version is of no use, and would only take room.
    await lock.requireHeld();
    await rm(deltaPath, { force: true });
    const finish = finishAs(deltaPath);
    const store = await openObjectFile(delta, { partPath, journalPath, restorer, lock, finish, isPrivate: true });
    return { kind: 'store', store };
  }

  async removeDelta(): Promise<void> {
    const { deltaPath, partPath, journalPath, lock } = this.#options;
    try {
      await lock.requireHeld();
      for (const path of [journalPath, partPath, deltaPath]) await rm(path, { force: true });
    } catch {
      // The object is whole. The next fetch removes the delta, or goes on with it.
    }
  }
}
