import { type FileHandle, open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import type { Geometry } from '../../object/geometry.js';
import { syncDirectoryOf, temporaryName, writeFully } from '../../store/durable.js';
import type { FileSource } from '../../store/file-source.js';
import { makeFolder } from '../../store/folder/make-folder.js';
import { systemError } from '../../store/system-error.js';
import { type SolveOptions, solveBlocks } from './block-solver.js';
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

const SUFFIX = '.intermediate';
/** A temporary file that nobody has written for this long was left by a process that died. */
const ABANDONED_MS = 3_600_000;

/**
 * Intermediate symbols of objects on disk. The first process that needs them makes them, once for each content and geometry. If
 * the folder would become too large, the files that were not opened for the longest time are deleted, but none that this cache
 * has given out. A deleted file that another process has open exists until that process closes it.
 */
export class IntermediateCache {
  readonly #options: IntermediateCacheOptions;
  readonly #folder: string;
  readonly #nowMs: () => number;
  /** How many uses each file has: at most one file for each object of the server. */
  readonly #inUse = new Map<string, number>();

  constructor(options: IntermediateCacheOptions) {
    this.#options = options;
    this.#folder = join(options.stateDir, 'intermediate');
    this.#nowMs = options.nowMs ?? Date.now;
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
    const path = join(this.#folder, nameOf(sha256, geometry));
    const use = this.#use(path);
    try {
      const header = headerOf(sha256, geometry);
      const kept = await openKept(path, header, layout.fileBytes);
      if (kept !== undefined) await this.#touch(path);
      const handle = kept ?? (await this.#make(path, header, source, layout, options));
      return new IntermediateFile(source, layout, handle, use);
    } catch (error) {
      use.end();
      throw systemError(error, 'keep intermediate symbols in', path);
    }
  }

  #use(path: string): Use {
    this.#inUse.set(path, (this.#inUse.get(path) ?? 0) + 1);
    return {
      end: () => {
        const count = (this.#inUse.get(path) ?? 0) - 1;
        if (count > 0) this.#inUse.set(path, count);
        else this.#inUse.delete(path);
      },
    };
  }

  /** Marks a file as used now. If its time cannot be set, only the order of deletion suffers. */
  async #touch(path: string): Promise<void> {
    const now = this.#nowMs() / 1000;
    await utimes(path, now, now).catch(() => {});
  }

  async #make(
    path: string,
    header: Buffer,
    source: FileSource,
    layout: IntermediateLayout,
    options: Pick<SolveOptions, 'signal' | 'onProgress'>,
  ): Promise<FileHandle> {
    await makeFolder(this.#folder);
    await rm(path, { force: true });
    await this.#makeRoom(layout.fileBytes);
    const temporary = temporaryName(path);
    const handle = await open(temporary, 'wx+', 0o600);
    try {
      await writeFully(handle, header, 0);
      const blocks = Array.from({ length: layout.geometry.blockCount }, (_, block) => block);
      await solveBlocks(source, layout, handle, blocks, { ...options, threadCount: this.#options.threadCount });
      await handle.sync();
      await rename(temporary, path);
      await syncDirectoryOf(path);
      await this.#touch(path);
      return handle;
    } catch (error) {
      await handle.close();
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Deletes the least recently used files until `neededBytes` more fit into the limit and on the disk. */
  async #makeRoom(neededBytes: number): Promise<void> {
    const files = await this.#files();
    const free = files.filter(({ isFree }) => isFree);
    const freeBytes = sum(free);
    const { limitBytes } = this.#options;
    const usedBytes = sum(files) - freeBytes;
    const needs = `the erasure code of an object needs ${neededBytes} bytes in ${JSON.stringify(this.#folder)}`;
    if (usedBytes + neededBytes > limitBytes) {
      throw new LayercastError(
        'DISK_FULL',
        `${needs}, which may hold ${limitBytes}, of which ${usedBytes} are in use`,
        { hint: (say) => `allow more with ${say('cacheBytes')}, or send the object with "code: none"` },
      );
    }
    const availableBytes = await this.#availableBytes();
    if (availableBytes + freeBytes < neededBytes) {
      throw new LayercastError('DISK_FULL', `${needs}, and there is room for ${availableBytes + freeBytes}`, {
        hint: (say) => `make room, name another folder with ${say('stateDir')}, or send the object with "code: none"`,
      });
    }
    let total = sum(files);
    for (const { path, sizeBytes, isAbandoned } of free) {
      const fits = total + neededBytes <= limitBytes && (await this.#availableBytes()) >= neededBytes;
      if (fits && !isAbandoned) continue;
      await rm(path, { force: true });
      total -= sizeBytes;
    }
  }

  async #availableBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#folder);
    return bavail * bsize;
  }

  /** The files of the folder in the order of deletion: abandoned files, then the least recently used. */
  async #files(): Promise<readonly CachedFile[]> {
    const names = await readdir(this.#folder);
    const files = await Promise.all(
      names.map(async (name): Promise<CachedFile> => {
        const path = join(this.#folder, name);
        // Another process may be deleting as well.
        const found = await stat(path).catch(() => undefined);
        const usedMs = found?.mtimeMs ?? 0;
        const isEntry = name.endsWith(SUFFIX);
        const isAbandoned = !isEntry && usedMs < this.#nowMs() - ABANDONED_MS;
        const isFree = isAbandoned || (isEntry && !this.#inUse.has(path));
        return { path, sizeBytes: found?.size ?? 0, usedMs, isAbandoned, isFree };
      }),
    );
    return files.toSorted((a, b) => Number(b.isAbandoned) - Number(a.isAbandoned) || a.usedMs - b.usedMs);
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

interface Use {
  readonly end: () => void;
}

interface CachedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly usedMs: number;
  readonly isAbandoned: boolean;
  readonly isFree: boolean;
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

function sum(files: readonly CachedFile[]): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}
