import { rmdir } from 'node:fs/promises';
import { errnoOf } from '../base/errors.js';

/** Why the system does not let a file be replaced: the error that `unlink` and `rename` would give. */
export type Refusal = 'EPERM' | 'EACCES' | 'EROFS' | 'EBUSY';

/**
 * Asks the system whether the file at `path` could be replaced or removed, and changes nothing. `rmdir` of a file that is no folder checks
 * all permissions (of the folder, the sticky bit, immutable and append-only files, read-only file systems) before it answers ENOTDIR.
 *
 * @param path must not be a folder; there need not be a file
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
