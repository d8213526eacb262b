import { type BigIntStats, constants, fstatSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { errnoOf, LayercastError } from '../base/errors.js';
import type { ByteSource } from '../base/ports.js';
import { systemError } from '../base/system-error.js';
import { isOnLocalDisk } from './local-disk.js';
import { Promptness } from './promptness.js';
import { readWholly } from './sync-io.js';

/**
 * The system copies a slab's megabyte out of its memory in 0.2 ms. A thread that sends must not wait for a disk, or its datagrams leave late: one
 * whose disk is always slow waits for a hundredth of the time at most.
 */
const PROMPTNESS = { slowMs: 2, pauseFactor: 100 } as const;

/** Shows without reading a file whether its content may have changed. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly sizeBytes: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/**
 * A file that is published, as it was when it was opened. Once the file has changed, `read` hands out no byte of it: it checks
 * after each read, before the caller sees the bytes, that the file is unchanged.
 *
 * A change of permissions or owner, and a new link, change ctime too and count as changes, because they look like a write after which
 * mtime was set back. A link that is gone, as after a rename of another file over this one, shows in the number of links. A write through a memory map shows when the system updates mtime, at the latest when it writes the page.
 */
export class FileSource implements ByteSource {
  readonly path: string;
  readonly sizeBytes: number;
  readonly identity: FileIdentity;
  readonly #handle: FileHandle;
  /** Closes a copy of this process, which has no name that could lead to another file; undefined for a file with a name. */
  readonly #closeCopy: (() => Promise<void>) | undefined;
  /** Undefined where another host may have to answer, and keep the thread that asks waiting for as long as it is away. */
  readonly #promptness: Promptness | undefined;
  /** As they were last, since a link that goes changes both. */
  #linkCount: bigint;
  #ctimeNs: bigint;
  #changed: LayercastError | undefined;

  private constructor(
    path: string,
    handle: FileHandle,
    found: BigIntStats,
    closeCopy: (() => Promise<void>) | undefined,
    promptness: Promptness | undefined,
  ) {
    this.path = path;
    this.#promptness = promptness;
    this.#closeCopy = closeCopy;
    this.#handle = handle;
    this.identity = identityIn(found);
    this.sizeBytes = Number(found.size);
    this.#linkCount = found.nlink;
    this.#ctimeNs = found.ctimeNs;
  }

  /**
   * @param nowMs for tests: the time by which reads are judged slow
   * @throws {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED`, or `NOT_A_FILE` when the path is no ordinary file
   */
  static async open(path: string, nowMs?: () => number): Promise<FileSource> {
    // Non-blocking, because opening a FIFO would wait for a writer. The flag makes no difference to ordinary files.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error) => {
      throw systemError(error, 'open', path);
    });
    try {
      const found = await handle.stat({ bigint: true });
      if (!found.isFile()) {
        const kind = found.isDirectory() ? 'a directory' : found.isFIFO() ? 'a named pipe' : 'a device or socket';
        throw new LayercastError('NOT_A_FILE', `${JSON.stringify(path)} is ${kind}`, { hint: 'name an ordinary file' });
      }
      return new FileSource(path, handle, found, undefined, await promptnessOf(handle, nowMs));
    } catch (error) {
      await handle.close();
      throw systemError(error, 'open', path);
    }
  }

  /**
   * A copy that this process has made in a file without a name.
   *
   * @param what as in messages
   * @param close called by `close`
   */
  static async ofCopy(handle: FileHandle, what: string, close: () => Promise<void>): Promise<FileSource> {
    return new FileSource(what, handle, await handle.stat({ bigint: true }), close, await promptnessOf(handle));
  }

  /**
   * File descriptor for other threads of the process, valid until `close`. What they have read counts only after `confirm`.
   */
  get fd(): number {
    return this.#handle.fd;
  }

  /** Checks, after another thread has read from `fd`, that it has read the published bytes. @throws {LayercastError} as `read` */
  async confirm(): Promise<void> {
    if (this.#changed !== undefined) throw this.#changed;
    try {
      this.#compare(await this.#handle.stat({ bigint: true }));
    } catch (error) {
      throw systemError(error, 'read', this.path);
    }
  }

  /**
   * As `confirm`, before it returns.
   *
   * @returns false, with nothing confirmed, where the calling thread might have to wait
   * @throws {LayercastError} as `read`
   */
  confirmNow(): boolean {
    return this.#doNow(() => undefined);
  }

  /** As `read`, in the calling thread, as long as the file lies in the system's memory, and on a disk of this host. @throws {LayercastError} as `read` */
  readNow(offset: number, into: Uint8Array): boolean {
    this.#checkRange(offset, into.length);
    return this.#doNow(() => readWholly(this.#handle.fd, into, offset));
  }

  /** @throws {LayercastError} `OBJECT_CHANGED` (from then on at every read), `FILE_IO`, `INTERNAL` beyond the end of the file. */
  async read(offset: number, into: Uint8Array): Promise<void> {
    this.#checkRange(offset, into.length);
    if (this.#changed !== undefined) throw this.#changed;
    try {
      for (let done = 0; done < into.length; ) {
        const { bytesRead } = await this.#handle.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      // A read that ended too early shows here too: the file has another size.
      await this.confirm();
    } catch (error) {
      throw systemError(error, 'read', this.path);
    }
  }

  /**
   * Checks the file at the path. A file that was replaced or deleted while it is open can still be read, unchanged.
   * @throws {LayercastError} `OBJECT_CHANGED`
   */
  async checkUnchanged(): Promise<void> {
    if (this.#changed !== undefined) throw this.#changed;
    if (this.#closeCopy !== undefined) return await this.confirm();
    try {
      this.#compare(await stat(this.path, { bigint: true }));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') this.#fail('the file is no longer there');
      throw systemError(error, 'look at', this.path);
    }
  }

  async close(): Promise<void> {
    await (this.#closeCopy?.() ?? this.#handle.close());
  }

  #checkRange(offset: number, length: number): void {
    if (offset >= 0 && offset + length <= this.sizeBytes) return;
    throw new LayercastError('INTERNAL', `${length} bytes at offset ${offset} are beyond the end of ${this.path}`);
  }

  /** Reads if the calling thread need not wait, and checks that the file is unchanged. */
  #doNow(read: () => void): boolean {
    if (this.#changed !== undefined) throw this.#changed;
    const promptness = this.#promptness;
    if (!promptness?.isExpected) return false;
    const beganMs = promptness.begin();
    try {
      read();
      // A read that ended too early shows here too: the file has another size.
      this.#compare(fstatSync(this.#handle.fd, { bigint: true }));
    } catch (error) {
      throw systemError(error, 'read', this.path);
    }
    promptness.end(beganMs);
    return true;
  }

  #compare(found: BigIntStats): void {
    const now = identityIn(found);
    const then = this.identity;
    if (now.dev !== then.dev || now.ino !== then.ino) this.#fail('another file has its name now');
    if (now.sizeBytes !== then.sizeBytes) this.#fail(`its size in bytes was ${then.sizeBytes} and is ${now.sizeBytes}`);
    if (now.mtimeNs !== then.mtimeNs) this.#fail(`it was modified at ${timeOf(now.mtimeNs)}`);
    if (now.ctimeNs === this.#ctimeNs) return;
    if (found.nlink >= this.#linkCount) this.#fail(`its attributes or links were changed at ${timeOf(now.ctimeNs)}`);
    this.#linkCount = found.nlink;
    this.#ctimeNs = now.ctimeNs;
  }

  #fail(what: string): never {
    this.#changed = new LayercastError('OBJECT_CHANGED', `${JSON.stringify(this.path)} has changed: ${what}`, {
      hint: 'publish the changed file under a higher version',
    });
    throw this.#changed;
  }
}

async function promptnessOf(handle: FileHandle, nowMs?: () => number): Promise<Promptness | undefined> {
  const isLocal = process.platform !== 'linux' || (await isOnLocalDisk(`/proc/self/fd/${handle.fd}`));
  return isLocal ? new Promptness(PROMPTNESS, nowMs) : undefined;
}

function identityIn(found: BigIntStats): FileIdentity {
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  return { dev, ino, sizeBytes: size, mtimeNs, ctimeNs };
}

function timeOf(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString();
}
