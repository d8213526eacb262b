import type { Dirent } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../base/errors.js';
import { systemError } from '../base/system-error.js';
import { STATE_PARTS, type StatePart, statePart } from './state-parts.js';

/** How much one folder of the state directory holds. */
export interface PartUsage {
  readonly part: StatePart;
  readonly fileCount: number;
  /** On the disk, so without holes. */
  readonly bytes: number;
}

interface KeptFile {
  readonly path: string;
  readonly bytes: number;
  /** When it was last written, or marked as used. */
  readonly usedMs: number;
}

const PARTS = Object.keys(STATE_PARTS) as readonly StatePart[];

/**
 * What a state directory holds, folder by folder; nothing if it does not exist.
 *
 * @throws {LayercastError} `PERMISSION_DENIED`, `FILE_IO`
 */
export async function usageOf(stateDir: string): Promise<readonly PartUsage[]> {
  const usages: PartUsage[] = [];
  for (const part of PARTS) usages.push(sum(part, await filesOf(stateDir, part)));
  return usages;
}

/**
 * Removes what is made again when it is needed. No server may be using the directory.
 *
 * @param usedBeforeMs removes only files that were last used before this time
 * @returns what was removed
 * @throws {LayercastError} `PERMISSION_DENIED`, `FILE_IO`
 */
export async function removeRemade(stateDir: string, usedBeforeMs: number): Promise<readonly PartUsage[]> {
  const removed: PartUsage[] = [];
  for (const part of PARTS.filter((name) => STATE_PARTS[name].isRemade)) {
    const files = (await filesOf(stateDir, part)).filter(({ usedMs }) => usedMs < usedBeforeMs);
    for (const { path } of files) {
      await rm(path, { force: true }).catch((error: unknown) => {
        throw systemError(error, 'remove', path);
      });
    }
    removed.push(sum(part, files));
  }
  return removed;
}

function sum(part: StatePart, files: readonly KeptFile[]): PartUsage {
  return { part, fileCount: files.length, bytes: files.reduce((bytes, file) => bytes + file.bytes, 0) };
}

function filesOf(stateDir: string, part: StatePart): Promise<readonly KeptFile[]> {
  return filesIn(statePart(stateDir, part), part !== '.');
}

async function filesIn(folder: string, isDeep: boolean): Promise<readonly KeptFile[]> {
  const files: KeptFile[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (isDeep && entry.isDirectory()) files.push(...(await filesIn(path, isDeep)));
    // A file may go while others are looked at.
    const found = entry.isFile() ? await stat(path).catch(() => undefined) : undefined;
    if (found !== undefined) files.push({ path, bytes: found.blocks * 512, usedMs: found.mtimeMs });
  }
  return files;
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw systemError(error, 'read', folder);
  }
}
