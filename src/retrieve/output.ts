import type { Stats } from 'node:fs';
import { lstat, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type ErrorCode, errnoOf, type Hint, LayercastError } from '../base/errors.js';
import { shellWord } from '../base/shell-word.js';
import { systemError } from '../base/system-error.js';
import { probeFolder } from '../store/folder/probe-folder.js';
import { type Refusal, refusalToReplace } from '../store/replaceable.js';

/** The output of a fetch, after a check of everything that could make the last rename fail. */
export interface Output {
  /** The file that the last rename makes or replaces: absolute, with symbolic links followed. */
  readonly path: string;
  /** Whether there is a file now. */
  readonly exists: boolean;
}

/** Endings of the names that a fetch gives to files beside its output. */
const WORKING_ENDINGS = ['.part', '.part.journal', '.part.lock', '.part.delta', '.part.plain'];
/** Symbolic links that are followed: as many as Linux follows in one path. */
const MAX_LINKS = 40;

/**
 * Follows symbolic links, and refuses every output that a rename cannot make or replace.
 * @throws {LayercastError} `USAGE` for a text that is no name of an ordinary file; `FILE_NOT_FOUND` when its folder is missing;
 *   `PERMISSION_DENIED`, `DISK_FULL`, `FILE_IO`, … Nothing has been changed then.
 */
export async function openOutput(output: string): Promise<Output> {
  requireName(output);
  const path = await followLinks(output);
  requireNoWorkingName(path);
  const found = await statOf(path);
  if (found !== undefined) await requireReplaceable(path, found);
  await requireWorkingNames(path);
  await probeFolder(dirname(path));
  return { path, exists: found !== undefined };
}

function requireName(output: string): void {
  const quoted = JSON.stringify(output);
  if (output === '' || output.includes('\0')) throw refused(`${quoted} is not a name of a file`);
  if (/(^|\/)\.{0,2}$/.test(output)) throw refused(`${quoted} is a folder`);
}

/** Refuses names with an ending of working files: the fetch of another file could overwrite such a file or use it as its lock. */
function requireNoWorkingName(path: string): void {
  const ending = WORKING_ENDINGS.find((each) => path.endsWith(each));
  if (ending === undefined) return;
  const what = `${JSON.stringify(path)} ends in "${ending}", which marks files of a fetch that is not complete`;
  throw refused(what, 'Name a file without that ending with');
}

/** The path after all symbolic links in it have been followed. There need not be a file. */
async function followLinks(output: string): Promise<string> {
  let path = resolve(output);
  for (let count = 0; count <= MAX_LINKS; count++) {
    path = join(await realFolder(dirname(path)), basename(path));
    const found = await lstat(path).catch((error) => absentOr(error, 'look at', path));
    if (!found?.isSymbolicLink()) return path;
    // The text of a link below /proc to a pipe or the like is no path, so the target itself is checked.
    const target = await stat(path).catch(() => undefined);
    if (target !== undefined && !target.isFile()) requireOrdinary(path, target);
    path = resolve(dirname(path), await readlink(path));
  }
  throw refused(`${JSON.stringify(output)} is a symbolic link in a circle of links`);
}

async function realFolder(folder: string): Promise<string> {
  const real = await realpath(folder).catch((error) => {
    if (errnoOf(error) !== 'ENOENT') throw systemError(error, 'use the folder', folder);
    throw new LayercastError('FILE_NOT_FOUND', `there is no folder ${JSON.stringify(folder)} for the output`, {
      hint: `Make it first: mkdir -p ${shellWord(folder)}`,
    });
  });
  if ((await statOf(real))?.isDirectory()) return real;
  throw new LayercastError('FILE_NOT_FOUND', `${JSON.stringify(folder)} is not a folder`, { hint: 'check the path' });
}

async function requireReplaceable(path: string, found: Stats): Promise<void> {
  requireOrdinary(path, found);
  if ((await mountPointAt(path)) !== undefined) {
    throw new LayercastError('USAGE', `${JSON.stringify(path)} is a mount point, which cannot be replaced`, {
      hint: 'Mount the folder of the file instead of the file, or name another file',
    });
  }
  const refusal = await refusalToReplace(path);
  if (refusal !== undefined) throw await notReplaceable(path, found, refusal);
}

function requireOrdinary(path: string, found: Stats): void {
  if (found.isFile()) return;
  const kind = found.isDirectory()
    ? 'a folder'
    : found.isFIFO()
      ? 'a pipe'
      : found.isSocket()
        ? 'a socket'
        : found.isBlockDevice() || found.isCharacterDevice()
          ? 'a device'
          : 'not an ordinary file';
  const what = `${JSON.stringify(path)} is ${kind}`;
  if (!found.isBlockDevice()) throw refused(what);
  throw new LayercastError('USAGE', what, {
    hint: (say) => `To overwrite a block device, say so with ${say('output.device')}`,
  });
}

async function notReplaceable(path: string, found: Stats, refusal: Refusal): Promise<LayercastError> {
  const folder = await statOf(dirname(path));
  const isSticky = ((folder?.mode ?? 0) & 0o1000) !== 0 && ![found.uid, folder?.uid, 0].includes(process.geteuid?.());
  const [code, why, hint]: readonly [ErrorCode, string, string] = {
    EPERM: isSticky
      ? (['PERMISSION_DENIED', 'it belongs to another user, in a sticky folder', 'Choose another folder'] as const)
      : (['PERMISSION_DENIED', 'it is immutable or append-only', `Allow it: chattr -i -a ${path}`] as const),
    EACCES: ['PERMISSION_DENIED', 'its folder cannot be written', 'Change the permissions of the folder'] as const,
    EROFS: ['PERMISSION_DENIED', 'its file system is read-only', 'Choose a folder that can be written'] as const,
    EBUSY: ['FILE_IO', 'the system is using it', 'Name another file'] as const,
  }[refusal];
  return new LayercastError(code, `${JSON.stringify(path)} cannot be replaced: ${why}`, { hint });
}

/** Checks that the working files beside the output are ordinary files that can be replaced, and that their names are not too long. */
export async function requireWorkingNames(path: string): Promise<void> {
  for (const ending of WORKING_ENDINGS) {
    const working = `${path}${ending}`;
    const found = await lstat(working).catch((error) => absentOr(error, 'look at', working));
    if (found === undefined) continue;
    if (!found.isFile()) {
      throw new LayercastError('NOT_A_FILE', `${JSON.stringify(working)} exists and is no ordinary file`, {
        hint: 'Remove it, or name another output',
      });
    }
    // The lock file is checked when the lock is taken.
    const refusal = ending === '.part.lock' ? undefined : await refusalToReplace(working);
    if (refusal !== undefined) throw await notReplaceable(working, found, refusal);
  }
}

/** A mount point that is a file or folder itself, or lies in the folder; undefined if there is none. Works on Linux only; elsewhere a rename fails. */
export async function mountPointAt(path: string): Promise<string | undefined> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const points = mounts.split('\n').map((line) => unescaped(line.split(' ')[4] ?? ''));
  return points.find((point) => point === path || point.startsWith(`${path}/`));
}

/** A path from mountinfo, where space, tab, newline and backslash are written as octal numbers (proc(5)). */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error) => absentOr(error, 'look at', path));
}

function absentOr(error: unknown, doing: string, path: string): undefined {
  if (errnoOf(error) === 'ENOENT') return undefined;
  if (errnoOf(error) === 'ENAMETOOLONG') {
    const message = `the name of ${JSON.stringify(path)} is too long: a fetch makes files with up to 13 bytes more than its output`;
    throw refused(message, 'Choose a file with a shorter name with');
  }
  throw systemError(error, doing, path);
}

function refused(message: string, advice = 'Name the file to make with'): LayercastError {
  const hint: Hint = (say) => `${advice} ${say('output')}`;
  return new LayercastError('USAGE', message, { hint });
}
