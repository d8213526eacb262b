import { createHash } from 'node:crypto';
import { LayercastError } from '../../base/errors.js';
import { TreeArchive } from '../../tree/archive.js';

/**
 * Whether the archive of the folder would be the object. Files are read only if its length is right.
 *
 * @throws the reason of the signal when it is aborted
 */
export async function hasTree(
  folder: string,
  { sizeBytes, sha256 }: { readonly sizeBytes: number; readonly sha256: Uint8Array },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const archive = await TreeArchive.of(folder);
    if (archive.sizeBytes !== sizeBytes) return false;
    const hash = createHash('sha256');
    for await (const piece of archive.bytes(signal)) hash.update(piece);
    return hash.digest().equals(sha256);
  } catch (error) {
    signal.throwIfAborted();
    // No folder, one with files that cannot be in a tree, one that somebody changes or that is not readable: it is replaced.
    if (error instanceof LayercastError) return false;
    throw error;
  }
}
