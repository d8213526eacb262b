import { stat } from 'node:fs/promises';
import { shellWord } from '../../base/shell-word.js';

/** Permission of everybody to read, as in <sys/stat.h>. A group may be meant to read a key, but everybody never is. */
const S_IROTH = 0o004;

/**
 * Says in a sentence that everybody may read a private key's file. Undefined if this is not so, or if the file's permissions
 * cannot be read.
 */
export async function keyExposure(path: string): Promise<string | undefined> {
  const mode = await stat(path).then(
    (stats) => stats.mode,
    () => 0,
  );
  if ((mode & S_IROTH) === 0) return undefined;
  return `everybody on this host can read the private key ${path}; whoever reads it can publish. Run: chmod 600 ${shellWord(path)}`;
}
