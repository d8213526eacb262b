import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { FrameFile } from '../receiver/iotupd/iotupd-reception.js';
import { openStateFolder } from '../store/folder/state-folder.js';
import { verifyFile } from '../store/hash-file.js';
import {
  type RangeRecord,
  readRangeRecord,
  removeRangeRecord,
  writeRangeRecord,
} from '../store/journal/range-record.js';
import { whileHeld } from '../store/lock/while-held.js';
import { ScatteredFile } from '../store/part/scattered-file.js';
import { LIBRECAST_HASHES, type RunningHash, startHash } from '../wire/librecast.js';
import { LockedFiles } from './locked-files.js';
import { type Output, openOutput } from './output.js';

export interface IotupdDestinationOptions {
  readonly output: string;
  /** The folder for the record of progress; undefined for a record beside the output. */
  readonly journalDir: string | undefined;
  readonly signal: AbortSignal;
  readonly onWaiting?: ((message: string) => void) | undefined;
}

/**
 * FILE, which frames of iotupd fill: its part file, the record of what is durable in it, and the lock. What changes these files is done in the order
 * of the calls: another file may be chosen while the disk is still busy with the one before, and a fetch may end.
 */
export class IotupdDestination implements AsyncDisposable {
  /** FILE: an absolute path, with links followed. */
  readonly outputPath: string;
  readonly #files: LockedFiles;
  readonly #exists: boolean;
  readonly #inTurn = pLimit(1);
  /** The part of the file that was begun last; undefined until it is open. */
  #part: ScatteredFile | undefined;
  #file: FrameFile | undefined;

  private constructor({ path, exists }: Output, files: LockedFiles) {
    this.outputPath = path;
    this.#files = files;
    this.#exists = exists;
  }

  /** @throws {LayercastError} as `openOutput` and `LockedFiles.take` */
  static async open(options: IotupdDestinationOptions): Promise<IotupdDestination> {
    const { journalDir } = options;
    const output = await openOutput(options.output);
    if (journalDir !== undefined) await openStateFolder(journalDir, journalDir);
    return new IotupdDestination(output, await LockedFiles.take(output.path, options));
  }

  /** The size of FILE if it has this SHA-256 (hexadecimal), else undefined. */
  async sizeOf(sha256: string, signal: AbortSignal): Promise<number | undefined> {
    if (!this.#exists) return undefined;
    const { size: sizeBytes } = await stat(this.outputPath);
    const isIt = await verifyFile(this.outputPath, { sizeBytes, sha256: Buffer.from(sha256, 'hex') }, { signal });
    return isIt ? sizeBytes : undefined;
  }

  /** What an earlier run left on disk, with its part file open; undefined if nothing. */
  async recall(): Promise<{ readonly file: FrameFile; readonly ranges: RangeRecord['ranges'] } | undefined> {
    const record = await readRangeRecord(this.#files.journalPath);
    if (record === undefined) return undefined;
    const file = { hash: Buffer.from(record.hash, 'hex'), sizeBytes: record.sizeBytes };
    await this.begin(file, true);
    return this.#part?.resumed ? { file, ranges: record.ranges } : undefined;
  }

  /**
   * Opens the part file for another file; the part of the former one is lost.
   *
   * @throws {LayercastError} `DISK_FULL`, `PERMISSION_DENIED`, `FILE_IO`
   */
  async begin(file: FrameFile, resume = false): Promise<void> {
    const before = this.#part;
    this.#part = undefined;
    this.#file = file;
    await this.#inTurn(async () => {
      await before?.close();
      const part = await this.#openPart(file, resume);
      // Another file was begun meanwhile, or the fetch has ended.
      if (file === this.#file) this.#part = part;
      else await part?.close();
    });
  }

  /** As `ScatteredFile.write`. @returns false while the part file is not open */
  write(offset: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#part === undefined) return false;
    this.#part.write(offset, bytes, start, length);
    return true;
  }

  /** Puts on disk what has been written, and then remembers these stretches as durable. @throws {LayercastError} as `begin` */
  async keep(ranges: RangeRecord['ranges']): Promise<void> {
    const [part, file] = [this.#part, this.#file];
    if (part === undefined || file === undefined || ranges.length === 0) return;
    await this.#inTurn(async () => {
      // The file may have been changed for another meanwhile.
      if (part !== this.#part) return;
      await whileHeld(this.#files.lock, part.flush());
      await this.#files.lock.requireHeld();
      const hash = Buffer.from(file.hash).toString('hex');
      await writeRangeRecord(this.#files.journalPath, { hash, sizeBytes: file.sizeBytes, ranges });
    });
  }

  /** Forgets that anything is durable, because the bytes are wrong. */
  async forget(): Promise<void> {
    await this.#inTurn(() => removeRangeRecord(this.#files.journalPath));
  }

  /** SHA-256 of the whole file. */
  async sha256(): Promise<Buffer> {
    const hash = createHash('sha256');
    await this.#eachPiece((bytes) => hash.update(bytes));
    return hash.digest();
  }

  /** Whether the bytes have the hash that the frames name, by either hash of Librecast. */
  async hasFrameHash(): Promise<boolean> {
    for (const kind of LIBRECAST_HASHES) {
      const hash: RunningHash = startHash(kind);
      await this.#eachPiece((bytes) => hash.update(bytes));
      if (this.#file !== undefined && Buffer.from(hash.digest()).equals(this.#file.hash)) return true;
    }
    return false;
  }

  /** Gives the whole file its name. @throws {LayercastError} as `ScatteredFile.finish` */
  async commit(): Promise<void> {
    await this.#inTurn(async () => {
      const part = this.#part;
      this.#part = undefined;
      const { lock } = this.#files;
      if (part !== undefined)
        await whileHeld(
          lock,
          part.finish(this.outputPath, () => lock.requireHeld()),
        );
      await removeRangeRecord(this.#files.journalPath).catch(() => undefined);
    });
  }

  /** Nothing of this process writes to the files any more when the lock is given back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#file = undefined;
    await this.#inTurn(() => this.#part?.close());
    await this.#files.release();
  }

  /** Undefined if the file is not wanted any more. */
  async #openPart(file: FrameFile, resume: boolean): Promise<ScatteredFile | undefined> {
    if (file !== this.#file) return undefined;
    await this.#files.lock.requireHeld();
    if (!resume) await removeRangeRecord(this.#files.journalPath);
    const { sizeBytes } = file;
    // If FILE exists, it may be private, so the part file is private from its first byte on.
    const mode = this.#exists ? 0o600 : 0o666;
    return await ScatteredFile.open(this.#files.partPath, { sizeBytes, resume, mode });
  }

  async #eachPiece(visit: (bytes: Uint8Array) => void): Promise<void> {
    await this.#inTurn(() => this.#part?.eachPiece(visit));
  }
}
