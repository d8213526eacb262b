import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What this process may still write on the file system of the folder of `path`, in bytes. Infinite for one that does not know, and says 0 of 0. */
export async function freeBytesFor(path: string): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(dirname(path));
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}
