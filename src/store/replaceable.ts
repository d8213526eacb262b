import { rmdir } from 'node:fs/promises';
import { errnoOf } from '../base/errors.js';

/** Why a file's name may not be given to another file, in the system's words: what `unlink` and `rename` would answer. */
export type Refusal = 'EPERM' | 'EACCES' | 'EROFS' | 'EBUSY';

/**
 * Asks the system whether the file at `path` could be replaced or removed, without doing so: `rmdir` of what is no folder checks all
 * permissions (of the folder, the sticky bit, immutable and append-only files, read-only file systems) before it answers ENOTDIR.
 *
 * @param path of something that is no folder; nothing happens when it is not there
 */
export async function refusalToReplace(path: string): Promise<Refusal | undefined> {
  try {
    await rmdir(path);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error);
    return errno === 'EPERM' || errno === 'EACCES' || errno === 'EROFS' || errno === 'EBUSY' ? errno : undefined;
  }
}
