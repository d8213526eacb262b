import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errnoOf, type Hint, LayercastError } from '../../base/errors.js';
import { shellWord } from '../../base/shell-word.js';
import { systemError } from '../../base/system-error.js';
import { probeFolder } from '../../store/folder/probe-folder.js';
import { mountPointAt, requireWorkingNames } from '../output.js';

/** The folder of a tree, after a check of everything that could make the last rename fail. */
export interface TreeOutput {
  /** Absolute, with symbolic links followed. */
  readonly path: string;
  readonly exists: boolean;
}

/**
 * Follows symbolic links, and refuses folders that cannot be replaced by a rename.
 * @throws {LayercastError} `USAGE`, `FILE_NOT_FOUND` (no folder to put it in), `PERMISSION_DENIED`, `DISK_FULL`, … Nothing has been changed then.
 */
export async function openTreeOutput(output: string): Promise<TreeOutput> {
  if (output === '' || output.includes('\0')) throw refused(`${JSON.stringify(output)} is not a name of a folder`);
  const path = await realPlace(resolve(output));
  const found = await stat(path).catch((error) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw systemError(error, 'look at', path);
  });
  if (found !== undefined && !found.isDirectory()) throw refused(`${JSON.stringify(path)} is not a folder`);
  await requireUnmounted(path);
  if (path === process.cwd()) throw refused(`${JSON.stringify(path)} is the working directory`);
  await requireWorkingNames(path);
  await probeFolder(dirname(path));
  return { path, exists: found !== undefined };
}

/**
 * Refuses a folder that is a mount point, or has one in it: the former folder is removed with all that is in it.
 * @throws {LayercastError} `USAGE`
 */
export async function requireUnmounted(path: string): Promise<void> {
  const point = dirname(path) === path ? path : await mountPointAt(path);
  if (point === undefined) return;
  throw new LayercastError('USAGE', `${JSON.stringify(point)} is a mount point, which cannot be replaced`, {
    hint: point === path ? 'Name a folder in it' : 'Unmount it, or name another folder',
  });
}

/** The folder, or the place where it will be. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw systemError(error, 'use the folder', path);
  }
  const above = await realpath(dirname(path)).catch((error) => {
    if (errnoOf(error) !== 'ENOENT') throw systemError(error, 'use the folder', dirname(path));
    throw new LayercastError('FILE_NOT_FOUND', `there is no folder ${JSON.stringify(dirname(path))} for the output`, {
      hint: `Make it first: mkdir -p ${shellWord(dirname(path))}`,
    });
  });
  return join(above, basename(path));
}

function refused(message: string): LayercastError {
  const hint: Hint = (say) => `Name the folder to make with ${say('output')}`;
  return new LayercastError('USAGE', message, { hint });
}
