import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LayercastError } from '../base/errors.js';
import type { Opened } from '../receiver/destination.js';
import type { Seeds } from '../receiver/seeding/seeds.js';
import { verifyFile } from '../store/hash-file.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { BlockRestorer } from './block-restorer.js';
import type { Destination } from './destination.js';
import { finishAs } from './object-file.js';
import { openOutput } from './output.js';
import { WorkingFiles, type WorkingFilesOptions } from './working-files.js';

/** FILE on this host: its part file gets its name in one step when the object is whole. */
export class FileDestination implements Destination {
  readonly path: string;
  /** The file that is made or replaced: an absolute path, with links followed. */
  readonly outputPath: string;
  readonly #files: WorkingFiles;
  readonly #signal: AbortSignal;

  private constructor(path: string, outputPath: string, files: WorkingFiles, signal: AbortSignal) {
    this.path = path;
    this.outputPath = outputPath;
    this.#files = files;
    this.#signal = signal;
  }

  /**
   * @param output FILE; symbolic links are followed
   * @throws {LayercastError} as `openOutput` and `WorkingFiles.open`
   */
  static async open(output: string, options: WorkingFilesOptions): Promise<FileDestination> {
    const { path, exists } = await openOutput(output);
    return new FileDestination(resolve(output), path, await WorkingFiles.open(path, exists, options), options.signal);
  }

  get completedVersion(): number {
    return this.#files.completedVersion;
  }

  async open(descriptor: Descriptor, restorer: BlockRestorer): Promise<Opened> {
    const { sizeBytes, sha256, fleet, object, tree } = descriptor;
    if (tree !== undefined) return { kind: 'refused', error: isTree(`${fleet}/${object}`, this.path) };
    if (await verifyFile(this.outputPath, { sizeBytes, sha256 }, { signal: this.#signal })) {
      await this.#files.forgetProgress();
      return { kind: 'complete' };
    }
    // If FILE exists, it may be private.
    const isPrivate = existsSync(this.outputPath);
    const store = await this.#files.openStore(descriptor, restorer, finishAs(this.outputPath), isPrivate);
    return { kind: 'store', store };
  }

  seeds(paths: readonly string[], restorer: BlockRestorer): Seeds {
    return this.#files.seeds(paths, restorer);
  }

  remember(version: number, sha256: string): Promise<void> {
    return this.#files.remember(version, sha256);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]();
  }
}

/** The error of a tree that would have to become a file. */
export function isTree(what: string, path: string): LayercastError {
  return new LayercastError('USAGE', `${what} is a tree, and ${JSON.stringify(path)} is no folder`, {
    hint: (say) => `Name a folder with a slash at its end with ${say('output')}, or "-" for the archive`,
  });
}
