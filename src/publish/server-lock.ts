import { createHash } from 'node:crypto';
import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LayercastError } from '../base/errors.js';
import { makeFolder } from '../store/folder/make-folder.js';
import { FileLock, type LockOptions } from '../store/lock/file-lock.js';
import { holderIn, type LockHolder, nameOf } from '../store/lock/lock-holder.js';
import { ABANDONED_MS, sightingOf } from '../store/lock/lock-watch.js';
import { type Liveness, livenessOf } from '../store/lock/process-identity.js';
import { statePart } from '../store/state-parts.js';

const SUFFIX = '.lock';

/**
 * Keeps two senders of one machine from being the same server of the same fleet: both would send on every channel, at twice the
 * rate and with conflicting sequence numbers. Hosts in their own network namespaces may share a disk and count as different
 * machines.
 */
export class ServerLock {
  readonly #stateDir: string;
  #held: { readonly name: string; readonly lock: FileLock } | undefined;
  #isReleased = false;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /**
   * Takes the lock of a server and releases the one held before. If this lock is held already, it is taken again only when its
   * file is gone.
   *
   * @param options as for `FileLock.acquire`
   * @returns the reason why there is no lock, if the state directory cannot be written; undefined if the lock was taken
   * @throws {LayercastError} `FILE_IN_USE` when another process is this server, `ABORTED`; the lock held before is then still
   * held
   */
  async take(fleet: string, server: string, options: LockOptions): Promise<LayercastError | undefined> {
    const name = await lockName(fleet, server);
    if (this.#held?.name === name && (await isThere(this.#held.lock))) return undefined;
    const before = this.#held?.lock;
    try {
      const folder = statePart(this.#stateDir, 'serving');
      await makeFolder(folder);
      this.#held = { name, lock: await FileLock.acquire(join(folder, name), options) };
    } catch (error) {
      if (error instanceof LayercastError && error.code === 'FILE_IN_USE') throw inUse(fleet, server, error);
      if (error instanceof LayercastError && error.code === 'ABORTED') throw error;
      const said = error instanceof Error ? error.message : String(error);
      return new LayercastError('FILE_IO', `cannot notice a second sender of server ${server}: ${said}`, {
        hint: 'Name a state directory that can be written',
        cause: error,
      });
    }
    await before?.release();
    if (!this.#isReleased) return undefined;
    await this.release();
    throw new LayercastError('ABORTED', 'the sender has stopped');
  }

  /** Releases the lock for good, also a lock that is being taken. */
  async release(): Promise<void> {
    this.#isReleased = true;
    await this.#held?.lock.release();
    this.#held = undefined;
  }
}

/**
 * The processes that use a state directory as servers of any fleet, for messages: `process 17 of host alpha`. A process that cannot be seen from
 * here counts while it renews its lock.
 *
 * @throws {LayercastError} `PERMISSION_DENIED`, `FILE_IO` when a lock cannot be read
 */
export async function serversIn(stateDir: string): Promise<readonly string[]> {
  const folder = statePart(stateDir, 'serving');
  const names = await readdir(folder).catch(() => []);
  const found: string[] = [];
  for (const name of names.filter((other) => other.endsWith(SUFFIX))) {
    const { holder, liveness } = await holderOf(folder, name);
    if (holder === undefined || liveness === 'dead') continue;
    const renewedMs = (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0;
    if (liveness === 'alive' || Date.now() - renewedMs < ABANDONED_MS) found.push(nameOf(holder));
  }
  return found;
}

/**
 * The process that is a server of a fleet on this machine and uses this state directory; undefined if there is none that this process can see.
 *
 * @throws {LayercastError} `PERMISSION_DENIED`, `FILE_IO` when the lock cannot be read
 */
export async function processOf(stateDir: string, fleet: string, server: string): Promise<number | undefined> {
  const { holder, liveness } = await holderOf(statePart(stateDir, 'serving'), await lockName(fleet, server));
  return liveness === 'alive' ? holder?.pid : undefined;
}

/** Who holds a lock, if its file names anybody, and whether that process lives. */
async function holderOf(
  folder: string,
  name: string,
): Promise<{ readonly holder: LockHolder | undefined; readonly liveness: Liveness }> {
  const holder = holderIn((await sightingOf(join(folder, name)))?.content ?? '');
  return { holder, liveness: holder === undefined ? 'dead' : await livenessOf(holder, folder) };
}

/** False if somebody has deleted the state directory; another process may then hold the lock in a new one. */
async function isThere(lock: FileLock): Promise<boolean> {
  return lock.requireHeld().then(
    () => true,
    () => false,
  );
}

async function lockName(fleet: string, server: string): Promise<string> {
  // A system without /proc has no network namespaces either.
  const namespace = await readlink('/proc/self/ns/net').catch(() => '');
  const hash = createHash('sha256')
    .update(JSON.stringify([fleet, server, namespace]))
    .digest('hex');
  return `${hash.slice(0, 32)}${SUFFIX}`;
}

function inUse(fleet: string, server: string, cause: LayercastError): LayercastError {
  return new LayercastError('FILE_IN_USE', `server ${server} of fleet ${fleet} runs here already: ${cause.message}`, {
    hint: (say) => `Stop the other process, or name another server of the fleet with ${say('host')}`,
    cause,
  });
}
