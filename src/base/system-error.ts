import { dirname } from 'node:path';
import { type ErrorCode, errnoOf, LayercastError } from './errors.js';
import { shellWord } from './shell-word.js';

/** What a user can do about an error, depending on whether the program was reading or writing. */
interface Remedy {
  readonly reading: string;
  readonly writing: (path: string) => string;
}

const MISSING: Remedy = {
  reading: 'check the path',
  writing: (path) => `make the directory first: mkdir -p ${shellWord(dirname(path))}`,
};
const FORBIDDEN: Remedy = {
  reading: 'let this user read it, or run as a user who may',
  writing: () => 'let this user write there, run as a user who may, or choose another folder',
};

const CODES: Readonly<Record<string, readonly [code: ErrorCode, what: string, hint: string | Remedy]>> = {
  ENOENT: ['FILE_NOT_FOUND', 'there is no such file or directory', MISSING],
  ENOTDIR: ['FILE_NOT_FOUND', 'a part of the path is not a directory', 'check the path'],
  EACCES: ['PERMISSION_DENIED', 'permission denied', FORBIDDEN],
  EPERM: ['PERMISSION_DENIED', 'not permitted', FORBIDDEN],
  EROFS: ['PERMISSION_DENIED', 'the file system is read-only', 'choose a folder that can be written'],
  ENOSPC: ['DISK_FULL', 'no space left', 'make room and run again; what is on disk is kept'],
  EDQUOT: ['DISK_FULL', 'the disk quota is used up', 'make room and run again; what is on disk is kept'],
  EFBIG: ['FILE_IO', 'too large for this file system', 'choose another file system'],
  EISDIR: ['NOT_A_FILE', 'it is a directory', 'name a file'],
  ELOOP: ['NOT_A_FILE', 'symbolic links lead in a circle', 'check the path'],
  EBUSY: ['FILE_IO', 'the system is using it', 'choose another file or folder'],
  EMFILE: ['FILE_IO', 'this process has too many open files', 'raise the limit (ulimit -n)'],
  ENAMETOOLONG: ['NOT_A_FILE', 'the name is too long', 'choose a shorter name'],
};

/** Actions on something that must exist. All other actions create or change something. */
const READING: ReadonlySet<string> = new Set(['open', 'read', 'look at']);

/**
 * A failed system call as a `LayercastError`: `cannot write "/a/b": no space left`.
 * @param doing what the program tried to do, as in "cannot …"
 */
export function systemError(error: unknown, doing: string, path: string): LayercastError {
  if (error instanceof LayercastError) return error;
  const errno = errnoOf(error);
  const known = errno === undefined ? undefined : CODES[errno];
  if (known === undefined) {
    const said = error instanceof Error ? error.message : String(error);
    return new LayercastError('FILE_IO', `cannot ${doing} ${JSON.stringify(path)}: ${said}`, { cause: error });
  }
  const [code, what, remedy] = known;
  const hint = typeof remedy === 'string' ? remedy : READING.has(doing) ? remedy.reading : remedy.writing(path);
  return new LayercastError(code, `cannot ${doing} ${JSON.stringify(path)}: ${what}`, { hint, cause: error });
}
