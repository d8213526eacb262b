import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemError } from '../../base/system-error.js';
import type { Geometry } from '../../object/geometry.js';
import { removeQuietly, syncDirectoryOf, temporaryName, writeFully } from '../../store/durable.js';
import type { FileSource } from '../../store/file-source.js';
import { statePart } from '../../store/state-parts.js';
import { roomError } from '../room-error.js';
import { type SolveOptions, solveBlocks } from './block-solver.js';
import { CacheFolder, SUFFIX, type Use } from './cache-folder.js';
import { HEADER_BYTES, headerOf, IntermediateLayout } from './intermediate-layout.js';

export interface IntermediateCacheOptions {
  /** The files are in its folder `intermediate`, which is made if it is missing. */
  readonly stateDir: string;
  /** Largest size of all files together. */
  readonly limitBytes: number;
  /** As in `SolveOptions`. */
  readonly threadCount?: number | undefined;
  /** @default the clock of this host, in ms since 1970 */
  readonly nowMs?: (() => number) | undefined;
}

/**
 * Intermediate symbols of objects on disk. The first process that needs them makes them, once for each content and geometry. If
 * the folder would become too large, the files that were not opened for the longest time are deleted, but none that this cache
 * has given out. A deleted file that another process has open exists until that process closes it.
 */
export class IntermediateCache {
  readonly folder: CacheFolder;
  readonly #options: IntermediateCacheOptions;

  constructor(options: IntermediateCacheOptions) {
    const { stateDir, limitBytes, nowMs = Date.now } = options;
    this.#options = options;
    this.folder = new CacheFolder(statePart(stateDir, 'intermediate'), limitBytes, nowMs);
  }

  /**
   * The intermediate symbols of an object that is not empty. A file that is too short, or that belongs to another object, is made
   * anew. A damaged row is found when it is used; the user then calls `mend`.
   *
   * @param sha256 of `source`
   * @throws {LayercastError} `DISK_FULL` before anything is written if there is no room; `OBJECT_CHANGED`, `ABORTED`,
   * `PERMISSION_DENIED`, …
   */
  async open(
    source: FileSource,
    geometry: Geometry,
    sha256: Uint8Array,
    options: Pick<SolveOptions, 'signal' | 'onProgress'>,
  ): Promise<IntermediateFile> {
    const layout = new IntermediateLayout(geometry);
    const path = join(this.folder.path, nameOf(sha256, geometry));
    const use = this.folder.use(path);
    try {
      const header = headerOf(sha256, geometry);
      const kept = await openKept(path, header, layout.fileBytes);
      if (kept !== undefined) await this.folder.touch(path);
      const handle = kept ?? (await this.#make(path, header, source, layout, options));
      return new IntermediateFile(source, layout, handle, use);
    } catch (error) {
      use.end();
      throw roomError(error, 'keep intermediate symbols in', path);
    }
  }

  async #make(
    path: string,
    header: Buffer,
    source: FileSource,
    layout: IntermediateLayout,
    options: Pick<SolveOptions, 'signal' | 'onProgress'>,
  ): Promise<FileHandle> {
    await rm(path, { force: true });
    await this.folder.makeRoom(layout.fileBytes);
    const temporary = temporaryName(path);
    const handle = await open(temporary, 'wx+', 0o600);
    try {
      await writeFully(handle, header, 0);
      const blocks = Array.from({ length: layout.geometry.blockCount }, (_, block) => block);
      await solveBlocks(source, layout, handle, blocks, { ...options, threadCount: this.#options.threadCount });
      await handle.sync();
      await rename(temporary, path);
      await syncDirectoryOf(path);
      await this.folder.touch(path);
      return handle;
    } catch (error) {
      await handle.close();
      await removeQuietly(temporary);
      throw error;
    }
  }
}

/** An open file of intermediate symbols. */
export class IntermediateFile {
  readonly layout: IntermediateLayout;
  readonly #source: FileSource;
  readonly #handle: FileHandle;
  readonly #use: Use;

  constructor(source: FileSource, layout: IntermediateLayout, handle: FileHandle, use: Use) {
    this.layout = layout;
    this.#source = source;
    this.#handle = handle;
    this.#use = use;
  }

  /** File descriptor, valid in all threads of the process until `close`. */
  get fd(): number {
    return this.#handle.fd;
  }

  /**
   * Writes a block anew. Meanwhile other readers of the file see either the old bytes of a row or the right ones.
   *
   * @throws {LayercastError} `OBJECT_CHANGED`, `DISK_FULL`, `FILE_IO`, …
   */
  async mend(block: number): Promise<void> {
    const options = { threadCount: 1, signal: new AbortController().signal, onProgress: () => undefined };
    await solveBlocks(this.#source, this.layout, this.#handle, [block], options).catch((error: unknown) => {
      throw systemError(error, 'mend', 'intermediate symbols');
    });
  }

  async close(): Promise<void> {
    this.#use.end();
    await this.#handle.close();
  }
}

function nameOf(sha256: Uint8Array, { symbolBytes, blockCount }: Geometry): string {
  return `${Buffer.from(sha256).toString('hex')}-${symbolBytes}-${blockCount}${SUFFIX}`;
}

/** The open file if it is whole; undefined if it is missing, not readable or damaged, and has to be made anew. */
async function openKept(path: string, header: Buffer, fileBytes: number): Promise<FileHandle | undefined> {
  const handle = await open(path, 'r+').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const found = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await handle.read(found, 0, HEADER_BYTES, 0);
    if (bytesRead === HEADER_BYTES && found.equals(header) && (await handle.stat()).size === fileBytes) return handle;
  } catch {
    // A disk that cannot read the file may still be able to write another one.
  }
  await handle.close();
  return undefined;
}
