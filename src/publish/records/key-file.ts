import { stat } from 'node:fs/promises';

/** Permission of everybody to read, as in <sys/stat.h>. Groups may be meant to read a key; everybody never is. */
const S_IROTH = 0o004;

/**
 * What is wrong with the permissions of a private key's file: a sentence, or undefined when not everybody may read the file, or
 * when it cannot be looked at.
 */
export async function keyExposure(path: string): Promise<string | undefined> {
  const mode = await stat(path).then(
    (stats) => stats.mode,
    () => 0,
  );
  if ((mode & S_IROTH) === 0) return undefined;
  return `everybody on this host can read the private key ${path}; whoever reads it can publish. Run: chmod 600 ${path}`;
}
