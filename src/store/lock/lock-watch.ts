import { open } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { asLayercastError, errnoOf } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';

/** A holder renews its lock this often. */
export const RENEWAL_MS = 2000;
/** A lock that is not renewed for this long, five intervals, is abandoned: its holder is dead or was suspended. */
export const ABANDONED_MS = 10_000;
const LOOK_MS = 250;

/** A lock file at one moment: its content, and the inode number and times, which a renewal changes. */
export interface LockSighting {
  readonly content: string;
  readonly stamp: string;
}

/**
 * Watches a lock whose holder's process this host cannot see. Only this host's clock counts, since clocks of hosts differ.
 * @returns `renewed` as soon as the file's times change: the holder is alive; `replaced` when the file is gone or has other content;
 *   `abandoned` when neither has happened for `abandonedMs`
 * @throws {LayercastError} `ABORTED`, `PERMISSION_DENIED`, `FILE_IO`
 */
export async function watchLock(
  path: string,
  first: LockSighting,
  abandonedMs: number,
  signal: AbortSignal | undefined,
): Promise<'renewed' | 'replaced' | 'abandoned'> {
  const lookMs = Math.min(LOOK_MS, abandonedMs / 10);
  let lookedMs = performance.now();
  for (let watchedMs = 0; watchedMs < abandonedMs; ) {
    await pause(lookMs, undefined, signal && { signal }).catch((error: unknown) => {
      throw asLayercastError(signal?.reason ?? error, signal);
    });
    const found = await sightingOf(path);
    if (found?.content !== first.content) return 'replaced';
    if (found.stamp !== first.stamp) return 'renewed';
    // If this process was suspended, the holder may have been suspended too, so that time does not count.
    const nowMs = performance.now();
    watchedMs += Math.min(nowMs - lookedMs, 2 * lookMs);
    lookedMs = nowMs;
  }
  return 'abandoned';
}

/** A lock file now; undefined when there is none. Opens the file, because network file systems answer `stat` from memory. */
export async function sightingOf(path: string): Promise<LockSighting | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const { ino, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
      return { content: await handle.readFile('utf8'), stamp: `${ino} ${mtimeNs} ${ctimeNs}` };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw systemError(error, 'read', path);
  }
}
