import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { removeQuietly, temporaryName } from '../durable.js';
import { holderIn, inUse, type LockHolder, nameOf, textOfHolder } from './lock-holder.js';
import { ABANDONED_MS, RENEWAL_MS, sightingOf, watchLock } from './lock-watch.js';
import { livenessOf, thisProcess } from './process-identity.js';

export interface LockOptions {
  /** Ends the wait for a holder whose process this host cannot see. */
  readonly signal?: AbortSignal | undefined;
  /** Called once with the reason when acquiring takes seconds. */
  readonly onWaiting?: ((message: string) => void) | undefined;
  /** For tests. @default 10 s */
  readonly abandonedMs?: number | undefined;
}

/** Tries to take a lock that other processes keep taking. Each try fails only if a process locks and then dies or releases. */
const MAX_TRIES = 100;
/** What file systems without hard links, such as FAT, answer to link(2). There the lock file is created first and then written. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];
/** A lock file without a holder may still be written for this long: longer than writing takes, and than a tick of FAT's clock (2 s). */
const YOUNG_MS = 3000;

/**
 * Keeps two processes from working on the same file: a lock file that names its holder, who renews the file every 2 s. `release` frees the
 * lock. A lock also becomes free when its holder dies in any way: at once if this host can see the holder's process, and after 10 s without
 * a renewal if the holder runs in another pid namespace or on another host.
 *
 * The lock file appears with its content in one step (`link`). To replace a lock file that a dead process left, a process first takes a
 * second lock, whose name is made from the name and the content of the dead one. Then it reads the first lock file again, and renames its
 * own file over it only if the content is still the same. So it never replaces a lock that was taken meanwhile.
 */
export class FileLock {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #timer: NodeJS.Timeout;
  #content: string;
  #renewing: Promise<void> = Promise.resolve();
  #isRenewing = false;

  private constructor(path: string, content: string, handle: FileHandle) {
    this.path = path;
    this.#content = content;
    this.#handle = handle;
    this.#timer = setInterval(() => this.#renew(), RENEWAL_MS);
    this.#timer.unref();
  }

  /**
   * @param path of the lock file, such as `FILE.part.lock`
   * @throws {LayercastError} `FILE_IN_USE` with the holder's process id; `ABORTED`; `PERMISSION_DENIED`, `FILE_NOT_FOUND`, …
   */
  static async acquire(path: string, options: LockOptions = {}): Promise<FileLock> {
    const holder: LockHolder = { ...(await thisProcess()), contested: 0, nonce: randomBytes(8).toString('hex') };
    const temporary = temporaryName(path);
    try {
      await writeFile(temporary, textOfHolder(holder), { flag: 'wx', mode: 0o644 });
      const content = await claim(path, temporary, holder, options);
      return new FileLock(path, content, await openClaimed(path));
    } catch (error) {
      throw systemError(error, 'lock', path);
    } finally {
      await removeQuietly(temporary);
    }
  }

  /**
   * Whether an earlier holder may still be alive: this host could not see its process, and it did not renew the lock, but it may wake up
   * and write to files that it has open. The new holder replaces those files by copies and then calls `settle`.
   */
  get isContested(): boolean {
    return holderIn(this.#content)?.contested === 1;
  }

  /** Notes in the lock file that all files which an earlier holder may have open have been replaced. */
  async settle(): Promise<void> {
    const position = this.#content.indexOf('"contested":1');
    if (position < 0) return;
    const digit = position + '"contested":'.length;
    // The write changes one byte, so a process that reads meanwhile finds the old content or the new.
    await this.#handle.write('0', Buffer.byteLength(this.#content.slice(0, digit)));
    this.#content = `${this.#content.slice(0, digit)}0${this.#content.slice(digit + 1)}`;
  }

  /** @throws {LayercastError} `FILE_IN_USE` when the lock is gone or belongs to another process, because this one was suspended. */
  async requireHeld(): Promise<void> {
    const found = await sightingOf(this.path);
    if (found?.content === this.#content) return;
    const path = JSON.stringify(this.path);
    const message =
      found === undefined
        ? `the lock ${path} is gone: somebody has removed or moved it, or another process took over while this one was suspended`
        : `this process was suspended, and ${nameOf(holderIn(found.content))} has taken over: ${path} is no longer held`;
    throw new LayercastError('FILE_IN_USE', message, {
      hint: 'Run the command again when no other process has the file',
    });
  }

  async release(): Promise<void> {
    await this.#stop();
    // No process replaces a lock that is renewed, so the file that is read here is the file that is removed.
    if ((await sightingOf(this.path))?.content === this.#content) await rm(this.path, { force: true });
  }

  /** Ends without a release: the next process finds the lock as if this process had died. */
  abandon(): Promise<void> {
    return this.#stop();
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    await this.#handle.close();
  }

  #renew(): void {
    // While a disk hangs, its lock takes one of the few threads that Node has for files, not all of them: files of other disks need them.
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    const nowS = Date.now() / 1000;
    // If the file system cannot set times, a write changes them.
    const renewed = this.#handle.utimes(nowS, nowS).catch(() => this.#handle.write(this.#content, 0));
    const done = () => {
      this.#isRenewing = false;
    };
    // A disk that fails now may work at the next renewal, so a failure is ignored.
    this.#renewing = renewed.then(done, done);
  }
}

/** Opens a lock file that this process has just taken. If that fails, the lock is given back: its holder lives and would not let go of it. */
async function openClaimed(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    await removeQuietly(path);
    throw error;
  }
}

/** Takes the lock; resolves with the content of the lock file. */
async function claim(path: string, temporary: string, own: LockHolder, options: LockOptions): Promise<string> {
  const content = textOfHolder(own);
  let onWaiting = options.onWaiting;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await created(path, temporary, content)) return content;
    const found = await sightingOf(path);
    // The lock was released since.
    if (found === undefined) continue;
    const holder = holderIn(found.content);
    const liveness = holder === undefined ? await youth(path) : await livenessOf(holder, dirname(path));
    if (liveness === 'alive') throw inUse(path, holder);
    if (liveness === 'unknown') {
      const { signal, abandonedMs = ABANDONED_MS } = options;
      onWaiting?.(`waiting up to ${abandonedMs / 1000} s to see whether ${nameOf(holder)} still holds ${path}`);
      onWaiting = undefined;
      const seen = await watchLock(path, found, abandonedMs, signal);
      if (seen === 'renewed') throw inUse(path, holder);
      if (seen === 'replaced') continue;
    }
    const contested = liveness === 'unknown' || holder?.contested === 1 ? 1 : 0;
    const ours = textOfHolder({ ...own, contested });
    await writeFile(temporary, ours);
    if (await replaceDead(path, found.content, temporary, options)) return ours;
    await writeFile(temporary, content);
  }
  throw new LayercastError('FILE_IN_USE', `other processes keep taking the lock ${JSON.stringify(path)}`);
}

/** True when our lock file has replaced the dead one; false when another process has replaced it or is about to. */
async function replaceDead(path: string, dead: string, temporary: string, options: LockOptions): Promise<boolean> {
  const name = createHash('sha256')
    .update(`${basename(path)}\n${dead}`)
    .digest('hex')
    .slice(0, 32);
  const takeover = join(dirname(path), `.layercast-${name}.lock`);
  let right: FileLock;
  try {
    right = await FileLock.acquire(takeover, { ...options, onWaiting: undefined });
  } catch (error) {
    if (!(error instanceof LayercastError && error.code === 'FILE_IN_USE')) throw error;
    // The holder of the second lock needs no more than a few system calls.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return false;
  }
  try {
    if ((await sightingOf(path))?.content !== dead) return false;
    await rename(temporary, path);
    return true;
  } finally {
    await right.release();
  }
}

/** Creates the lock file with its content; false when there is a lock file already. */
async function created(path: string, temporary: string, content: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (errno === 'EEXIST') return false;
    if (!NO_LINKS.includes(errno)) throw error;
  }
  try {
    await writeFile(path, content, { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** `alive` for a young lock file that names no holder: on a file system without links, a process may still be writing it. */
async function youth(path: string): Promise<'alive' | 'dead'> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < YOUNG_MS ? 'alive' : 'dead';
}
