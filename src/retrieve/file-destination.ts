import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LayercastError } from '../base/errors.js';
import type { Opened } from '../receiver/destination.js';
import { verifyFile } from '../store/hash-file.js';
import { requireSpace } from '../store/part/sized-file.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { BlockRestorer } from './block-restorer.js';
import {
  type ContentKeyOption,
  type Decryption,
  decryptAs,
  decryptedPathOf,
  decryptionOf,
  hasPlaintext,
} from './decryption.js';
import { finishAs } from './object-file.js';
import { openOutput } from './output.js';
import { WorkingDestination } from './working-destination.js';
import { WorkingFiles, type WorkingFilesOptions } from './working-files.js';

export interface FileDestinationOptions extends WorkingFilesOptions, ContentKeyOption {}

/** FILE on this host: its part file gets its name in one step when the object is whole. */
export class FileDestination extends WorkingDestination {
  readonly path: string;
  /** The file that is made or replaced: an absolute path, with links followed. */
  readonly outputPath: string;
  readonly #options: FileDestinationOptions;

  private constructor(path: string, outputPath: string, files: WorkingFiles, options: FileDestinationOptions) {
    super(files);
    this.path = path;
    this.outputPath = outputPath;
    this.#options = options;
  }

  /**
   * @param output FILE; symbolic links are followed
   * @throws {LayercastError} as `openOutput` and `WorkingFiles.open`
   */
  static async open(output: string, options: FileDestinationOptions): Promise<FileDestination> {
    const { path, exists } = await openOutput(output);
    return new FileDestination(resolve(output), path, await WorkingFiles.open(path, exists, options), options);
  }

  async open(descriptor: Descriptor, restorer: BlockRestorer): Promise<Opened> {
    const { outputPath } = this;
    const { fleet, object, tree } = descriptor;
    if (tree !== undefined) return { kind: 'refused', error: isTree(`${fleet}/${object}`, this.path) };
    const readable = decryptionOf(descriptor, this.#options.contentKey);
    if ('refusal' in readable) return { kind: 'refused', error: readable.refusal };
    const { decryption } = readable;
    if (await this.#has(descriptor, decryption)) {
      // Where content is encrypted, a run may have ended between making FILE and removing what it was made of.
      const sources = [this.files.partPath, decryptedPathOf(outputPath)];
      await this.files.forgetProgress(decryption === undefined ? [] : sources);
      return { kind: 'complete' };
    }
    // If FILE exists, it may be private.
    const isPrivate = existsSync(this.outputPath);
    // The part file and the plaintext are there together for a moment.
    if (decryption !== undefined) await requireSpace(outputPath, 2 * descriptor.sizeBytes - (await this.#partBytes()));
    const finish = decryption === undefined ? finishAs(outputPath) : decryptAs(outputPath, decryption);
    const store = await this.files.openStore(descriptor, restorer, finish, isPrivate);
    return { kind: 'store', store };
  }

  /** What the part file of an earlier run takes on disk. */
  #partBytes(): Promise<number> {
    return stat(this.files.partPath).then(
      ({ blocks, size }) => Math.min(blocks * 512, size),
      () => 0,
    );
  }

  #has({ sizeBytes, sha256 }: Descriptor, decryption: Decryption): Promise<boolean> {
    const { signal } = this.#options;
    if (decryption === undefined) return verifyFile(this.outputPath, { sizeBytes, sha256 }, { signal });
    return hasPlaintext(this.outputPath, sizeBytes, decryption, signal);
  }
}

/** The error of a tree that would have to become a file. */
export function isTree(what: string, path: string): LayercastError {
  return new LayercastError('USAGE', `${what} is a tree, and ${JSON.stringify(path)} is no folder`, {
    hint: (say) => `Name a folder with a slash at its end with ${say('output')}, or "-" for the archive`,
  });
}
