import { LayercastError } from '../base/errors.js';

/** A file, folder or link of a tree. */
export interface TreeEntry {
  /** From the top of the tree, with `/` between names and none at either end. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Permission bits, 0 to 0o777; of a link always 0o777. */
  readonly mode: number;
  /** Bytes of a file; 0 for folders and links. */
  readonly sizeBytes: number;
  /** Time of the last change of a file, in whole seconds since 1970; 0 for folders and links. */
  readonly changedS: number;
  /** Where a link leads, from its folder; empty for files and folders. */
  readonly target: string;
}

/** As on Linux. */
const MAX_NAME_BYTES = 255;
/** As on Linux (PATH_MAX), less the zero at the end. */
const MAX_PATH_BYTES = 4095;
/** About 200 MB of entries in memory, and more files than a folder of a device has. */
export const MAX_ENTRIES = 500_000;
/** 11 octal digits, the room of a tar header; year 2242. */
export const MAX_CHANGED_S = 8 ** 11 - 1;

/** Why an entry must not be in a tree: a name or link that leaves the folder, or numbers out of range. Undefined if it may be there. */
export function refusalOf({ path, kind, mode, sizeBytes, changedS, target }: TreeEntry): string | undefined {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return 'its path is too long';
  for (const name of path.split('/')) {
    if (name === '' || name === '.' || name === '..') return `it has ${JSON.stringify(name)} as a name`;
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) return 'a name in it is too long';
  }
  if (!isPlain(path)) return 'its name has control characters or is not UTF-8';
  if (!isWithin(mode, 0o777) || !isWithin(changedS, MAX_CHANGED_S)) return 'its mode or time is out of range';
  if (!isWithin(sizeBytes, kind === 'file' ? Number.MAX_SAFE_INTEGER : 0)) return 'its size is out of range';
  return kind === 'link' ? refusalOfTarget(path, target) : undefined;
}

/** A fault of an entry, as an error. */
export function wrongEntry(path: string, why: string): LayercastError {
  return new LayercastError('TREE_INVALID', `${JSON.stringify(path)} cannot be in a tree: ${why}`);
}

/** The order of entries in an archive: by the bytes of their paths, so a folder comes before all that is in it. */
export function compareEntries(a: { readonly path: string }, b: { readonly path: string }): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/**
 * `..` may stand only at the beginning of a target. There it leads from real folder to real folder, because no entry is below a link. After a
 * name, which may be a link, it could lead anywhere.
 */
function refusalOfTarget(path: string, target: string): string | undefined {
  if (target === '' || Buffer.byteLength(target) > MAX_PATH_BYTES || !isPlain(target)) return 'it is a link to no path';
  if (target.startsWith('/')) return `it is a link to ${JSON.stringify(target)}, which is not in the tree`;
  const names = target.split('/');
  const upCount = names.findIndex((name) => name !== '..');
  const [up, down] = upCount < 0 ? [names.length, []] : [upCount, names.slice(upCount)];
  if (up > path.split('/').length - 1) return `it is a link to ${JSON.stringify(target)}, which leaves the tree`;
  if (down.some((name) => name === '' || name === '..'))
    return `its target ${JSON.stringify(target)} has "//" or ".." after a name`;
  return undefined;
}

function isWithin(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= max;
}

/** Text that file systems and archives keep as it is. A name that was not UTF-8 has a replacement character. */
function isPlain(text: string): boolean {
  return !/[\p{Cc}\uFFFD]/u.test(text);
}
