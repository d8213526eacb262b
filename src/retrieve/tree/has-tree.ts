import { createHash } from 'node:crypto';
import { LayercastError } from '../../base/errors.js';
import { TreeArchive } from '../../tree/archive.js';
import type { OwnedFolders } from './owned-folders.js';

/**
 * Whether the archive of the folder would be the object. Files are read only if its length is right. A folder with files that this user may not read
 * is taken for the object that a fetch has made it of, if no file has changed since.
 *
 * @throws the reason of the signal when it is aborted
 */
export async function hasTree(
  folder: string,
  { sizeBytes, sha256 }: { readonly sizeBytes: number; readonly sha256: Uint8Array },
  signal: AbortSignal,
  owned: OwnedFolders,
): Promise<boolean> {
  let archive: TreeArchive | undefined;
  try {
    archive = await TreeArchive.of(folder);
    if (archive.sizeBytes !== sizeBytes) return false;
    const hash = createHash('sha256');
    for await (const piece of archive.bytes(signal)) hash.update(piece);
    return hash.digest().equals(sha256);
  } catch (error) {
    signal.throwIfAborted();
    // No folder, one with files that cannot be in a tree, one that somebody changes or that is not readable: it is replaced.
    if (!(error instanceof LayercastError)) throw error;
    if (error.code !== 'PERMISSION_DENIED' || archive === undefined) return false;
    return await owned.isAsMade(folder, { sha256, fingerprint: archive.fingerprint });
  }
}
