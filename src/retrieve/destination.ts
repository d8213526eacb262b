import { createHash } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LayercastError } from '../errors.js';
import type { ObjectStore } from '../receiver/object-store.js';
import { highestCompleted, rememberCompleted, type SignedName } from '../store/completed-versions.js';
import { FileLock } from '../store/file-lock.js';
import { verifyFile } from '../store/hash-file.js';
import { systemError } from '../store/system-error.js';
import type { Descriptor } from '../wire/descriptor.js';
import { openObjectFile, partPathOf } from './object-file.js';

export interface DestinationOptions extends SignedName {
  /** FILE. */
  readonly output: string;
  /** Where the journal is kept; undefined beside FILE. */
  readonly journalDir: string | undefined;
  /** Where completed versions are remembered. */
  readonly stateDir: string;
  readonly signal: AbortSignal;
}

/** The place of one file on this host, held by one process at a time: what is there, what is being put there. */
export class Destination implements AsyncDisposable {
  /** Highest version of this object, signed by this key, that was completed on this host; 0 if none. */
  readonly completedVersion: number;
  readonly #options: DestinationOptions;
  readonly #outputPath: string;
  readonly #journalPath: string;
  readonly #lock: FileLock;

  private constructor(options: DestinationOptions, journalPath: string, lock: FileLock, completedVersion: number) {
    this.#options = options;
    this.#outputPath = resolve(options.output);
    this.#journalPath = journalPath;
    this.#lock = lock;
    this.completedVersion = completedVersion;
  }

  /** @throws {LayercastError} `FILE_IN_USE`, `FILE_NOT_FOUND` (no such folder), `PERMISSION_DENIED`, … */
  static async open(options: DestinationOptions): Promise<Destination> {
    const outputPath = resolve(options.output);
    const partPath = partPathOf(outputPath);
    await checkOutput(outputPath);
    if (options.journalDir !== undefined) await makeDirectory(options.journalDir);
    const lock = await FileLock.acquire(`${partPath}.lock`);
    try {
      const completed = await highestCompleted(options.stateDir, options);
      return new Destination(options, journalPathOf(outputPath, options.journalDir), lock, completed?.version ?? 0);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Whether FILE is there already, with the bytes that the descriptor speaks of. */
  async isInPlace({ sizeBytes, sha256 }: Descriptor): Promise<boolean> {
    const { signal } = this.#options;
    if (!(await verifyFile(this.#outputPath, { sizeBytes, sha256 }, { signal }))) return false;
    // What an interruption between renaming the file and forgetting its journal left behind.
    await rm(this.#journalPath, { force: true });
    return true;
  }

  openStore(descriptor: Descriptor): Promise<ObjectStore> {
    return openObjectFile(descriptor, this.#outputPath, this.#journalPath);
  }

  /** From now on, older versions are refused on this host. */
  remember(version: number, sha256: string): Promise<void> {
    return rememberCompleted(this.#options.stateDir, this.#options, version, sha256);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock.release();
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw systemError(error, 'create', path);
  }
}

/** What a person may have mistyped, said before a lock or a part file is spoken of. */
async function checkOutput(outputPath: string): Promise<void> {
  const folder = await stat(dirname(outputPath)).catch(() => undefined);
  if (!folder?.isDirectory()) {
    throw new LayercastError('FILE_NOT_FOUND', `there is no folder for ${outputPath}`, {
      hint: `Make it first: mkdir -p ${dirname(outputPath)}`,
    });
  }
  const output = await stat(outputPath).catch(() => undefined);
  if (output?.isDirectory()) {
    throw new LayercastError('USAGE', `${outputPath} is a folder`, { hint: 'Name the file to make, with -o FILE' });
  }
}

/** In a folder for the journals of many files, a path's hash keeps apart those of one name. */
function journalPathOf(outputPath: string, journalDir: string | undefined): string {
  if (journalDir === undefined) return `${partPathOf(outputPath)}.journal`;
  const hash = createHash('sha256').update(outputPath).digest('hex').slice(0, 16);
  return join(journalDir, `${basename(outputPath).slice(0, 100)}-${hash}.journal`);
}
