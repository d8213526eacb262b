import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import { makeFolder } from '../../store/folder/make-folder.js';
import { freeBytesFor } from '../../store/free-space.js';
import { openNameless } from '../../store/nameless-file.js';

/** How the names of files end that are kept. */
export const SUFFIX = '.intermediate';
/** A temporary file that nobody has written for this long was left by a process that died. */
const ABANDONED_MS = 3_600_000;

/**
 * The folder of intermediate symbols: who uses which file, and how much room there is. Files that are in use are never deleted. Beside
 * them there are spools, files without a name, which have to give way to intermediate symbols.
 */
export class CacheFolder {
  readonly path: string;
  readonly #limitBytes: number;
  readonly #nowMs: () => number;
  /** How many uses each file has: at most one file for each object of the server. */
  readonly #inUse = new Map<string, number>();
  /** At most one for each channel of the server. */
  readonly #spools = new Set<OpenSpoolFile>();

  /** @param limitBytes largest size of all files together */
  constructor(path: string, limitBytes: number, nowMs: () => number) {
    this.path = path;
    this.#limitBytes = limitBytes;
    this.#nowMs = nowMs;
  }

  use(path: string): Use {
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
  async touch(path: string): Promise<void> {
    const now = this.#nowMs() / 1000;
    await utimes(path, now, now).catch(() => {});
  }

  /**
   * Makes the folder if it is missing. Deletes the least recently used files until `neededBytes` more fit into the limit and on the
   * disk; spools end if that is not enough.
   *
   * @throws {LayercastError} `DISK_FULL` before anything is deleted
   */
  async makeRoom(neededBytes: number): Promise<void> {
    await makeFolder(this.path);
    const lack = await this.#lackOf(neededBytes);
    if (lack === undefined) return await this.#delete(neededBytes);
    if (this.#spools.size === 0) throw lack;
    await Promise.all([...this.#spools].map((spool) => spool.giveWay()));
    await this.makeRoom(neededBytes);
  }

  /**
   * A new file of `sizeBytes` for reading and writing, without a name: nothing is left of it when it is closed.
   *
   * @param giveWay closes the file when its room is needed for intermediate symbols
   * @throws {LayercastError} `DISK_FULL` if there is no room
   */
  async openSpool(sizeBytes: number, giveWay: () => Promise<void>): Promise<SpoolFile> {
    await makeFolder(this.path);
    const lack = await this.#lackOf(sizeBytes);
    if (lack !== undefined) throw lack;
    const spool = { sizeBytes, giveWay };
    // Counted before it is there, so that two that are opened at once do not take the same room.
    this.#spools.add(spool);
    try {
      await this.#delete(0);
      const handle = await openNameless(this.path);
      return {
        fd: handle.fd,
        close: async () => {
          if (!this.#spools.delete(spool)) return;
          await handle.close();
        },
      };
    } catch (error) {
      this.#spools.delete(spool);
      throw error;
    }
  }

  /** Why there is no room, not even if all files are deleted that are not in use. */
  async #lackOf(neededBytes: number): Promise<LayercastError | undefined> {
    const files = await this.#files();
    const freeBytes = sum(files.filter(({ isFree }) => isFree));
    const usedBytes = sum(files) - freeBytes + sum([...this.#spools]);
    const needs = `the erasure code of an object needs ${neededBytes} bytes in ${JSON.stringify(this.path)}`;
    if (usedBytes + neededBytes > this.#limitBytes) {
      return new LayercastError(
        'DISK_FULL',
        `${needs}, which may hold ${this.#limitBytes}, of which ${usedBytes} are in use`,
        { hint: (say) => `allow more with ${say('cacheBytes')}, or send the object with "code: none"` },
      );
    }
    const availableBytes = await this.#availableBytes();
    if (availableBytes + freeBytes >= neededBytes) return undefined;
    return new LayercastError('DISK_FULL', `${needs}, and there is room for ${availableBytes + freeBytes}`, {
      hint: (say) => `make room, name another folder with ${say('stateDir')}, or send the object with "code: none"`,
    });
  }

  async #delete(neededBytes: number): Promise<void> {
    const files = await this.#files();
    let total = sum(files) + sum([...this.#spools]);
    for (const { path, sizeBytes, isAbandoned, isFree } of files) {
      if (!isFree) continue;
      const fits = total + neededBytes <= this.#limitBytes && (await this.#availableBytes()) >= neededBytes;
      if (fits && !isAbandoned) continue;
      await rm(path, { force: true });
      total -= sizeBytes;
    }
  }

  #availableBytes(): Promise<number> {
    return freeBytesFor(join(this.path, SUFFIX));
  }

  /** The files of the folder in the order of deletion: abandoned files, then the least recently used. */
  async #files(): Promise<readonly CachedFile[]> {
    const names = await readdir(this.path);
    const files = await Promise.all(
      names.map(async (name): Promise<CachedFile> => {
        const path = join(this.path, name);
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

export interface Use {
  readonly end: () => void;
}

export interface SpoolFile {
  /** Valid in all threads of the process until `close`. */
  readonly fd: number;
  /** May be called again. */
  close(): Promise<void>;
}

interface OpenSpoolFile {
  readonly sizeBytes: number;
  readonly giveWay: () => Promise<void>;
}

interface CachedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly usedMs: number;
  readonly isAbandoned: boolean;
  readonly isFree: boolean;
}

function sum(files: readonly { readonly sizeBytes: number }[]): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}
