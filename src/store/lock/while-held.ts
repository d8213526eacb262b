import type { FileLock } from './file-lock.js';

/**
 * What becomes of work on files that a lock protects. Once another process has the lock, it may replace or remove these files, so the loss of the
 * lock is then the error, whatever else has failed.
 *
 * @throws {LayercastError} `FILE_IN_USE` if the work has failed and the lock is lost; otherwise what the work throws
 */
export async function whileHeld<T>(lock: Pick<FileLock, 'requireHeld'>, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await lock.requireHeld();
    throw error;
  }
}
