import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, LayercastError } from '../errors.js';
import { temporaryName } from './durable.js';
import { isAlive, type ProcessIdentity, thisProcess } from './process-identity.js';
import { systemError } from './system-error.js';

/** What a lock file says; the nonce makes every taking of it a different one. */
interface Holder extends ProcessIdentity {
  readonly nonce: string;
}

/** Tries before giving up on a lock that keeps changing hands: each takes a process that locks and dies or releases. */
const MAX_TRIES = 100;
/** What FAT and others without hard links answer to link(2): there the file is created first and written then. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];
/** Longer than that takes, and than a tick of FAT's clock (2 s). */
const YOUNG_MS = 3000;

/**
 * Keeps two processes of one host from working on the same file: a lock file that names its holder. Freed by `release`, and
 * by itself when the holder dies, however it dies.
 *
 * The lock file appears with its content in one step (`link`). One that a dead process left is replaced, by whoever holds
 * the lock for replacing just that one: a second lock file, named after the name and the content of the first. Whoever has that looks
 * again, and only then renames its own over the dead one; so it never replaces a lock that was taken meanwhile.
 */
export class FileLock {
  readonly path: string;
  readonly #content: string;

  private constructor(path: string, content: string) {
    this.path = path;
    this.#content = content;
  }

  /**
   * @param path of the lock file, such as `FILE.part.lock`
   * @throws {LayercastError} `FILE_IN_USE` with the holder's process id; `PERMISSION_DENIED`, `FILE_NOT_FOUND`, …
   */
  static async acquire(path: string): Promise<FileLock> {
    const holder: Holder = { ...(await thisProcess()), nonce: randomBytes(8).toString('hex') };
    const content = `${JSON.stringify(holder)}\n`;
    const temporary = temporaryName(path);
    try {
      await writeFile(temporary, content, { flag: 'wx', mode: 0o644 });
      await claim(path, temporary, content);
      return new FileLock(path, content);
    } catch (error) {
      throw systemError(error, 'lock', path);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async release(): Promise<void> {
    // Nobody replaces the lock of a living process, so what is read here is still there when it is removed.
    if ((await contentOf(this.path)) === this.#content) await rm(this.path, { force: true });
  }
}

async function claim(path: string, temporary: string, content: string): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await created(path, temporary, content)) return;
    const found = await contentOf(path);
    // Released since.
    if (found === undefined) continue;
    const holder = holderIn(found);
    const isHeld = holder === undefined ? await isYoung(path) : await isAlive(holder);
    if (isHeld) throw inUse(path, holder?.pid);
    if (await replaceDead(path, found, temporary)) return;
  }
  throw new LayercastError('FILE_IN_USE', `the lock ${JSON.stringify(path)} keeps changing hands`);
}

/** True when our lock has taken the place of the dead one; false when another has it by now or is about to. */
async function replaceDead(path: string, dead: string, temporary: string): Promise<boolean> {
  const name = createHash('sha256')
    .update(`${basename(path)}\n${dead}`)
    .digest('hex')
    .slice(0, 32);
  const takeover = join(dirname(path), `.layercast-${name}.lock`);
  let right: FileLock;
  try {
    right = await FileLock.acquire(takeover);
  } catch (error) {
    if (!(error instanceof LayercastError && error.code === 'FILE_IN_USE')) throw error;
    // Its holder needs no more than a few system calls.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return false;
  }
  try {
    if ((await contentOf(path)) !== dead) return false;
    await rename(temporary, path);
    return true;
  } finally {
    await right.release();
  }
}

/** False when the lock file is there already. */
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

/** Whether a lock file that names nobody may be one that is being written, on a file system without links. */
async function isYoung(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < YOUNG_MS;
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined for a file that is no lock of ours, such as one that a power cut has emptied: nobody holds that. */
function holderIn(content: string): ProcessIdentity | undefined {
  try {
    const holder: unknown = JSON.parse(content);
    if (typeof holder !== 'object' || holder === null || !('pid' in holder)) return undefined;
    const { pid } = holder;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    const startedAt = 'startedAt' in holder && typeof holder.startedAt === 'string' ? holder.startedAt : undefined;
    const bootId = 'bootId' in holder && typeof holder.bootId === 'string' ? holder.bootId : undefined;
    return { pid, startedAt, bootId };
  } catch {
    return undefined;
  }
}

function inUse(path: string, pid: number | undefined): LayercastError {
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new LayercastError('FILE_IN_USE', `${who} is at work here: it holds ${JSON.stringify(path)}`, {
    hint: 'wait for it, stop it, or choose another name for the output',
  });
}
