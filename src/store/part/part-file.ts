import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { blockLength, blockOffset, type Geometry, symbolLength, symbolOffset } from '../../object/geometry.js';
import { writeFully } from '../durable.js';
import { readFully } from '../handle-io.js';
import { DirectWrites } from './direct-writes.js';
import { takeAttributes } from './file-attributes.js';
import { PageCache } from './page-cache.js';
import type { Arrival } from './page-sizes.js';
import { RunningDigests } from './running-digests.js';
import { openSized, renameFinished, requireInPlace } from './sized-file.js';

/** A block is read back for hashing in pieces of at most this size, so that it takes little memory and few milliseconds at a time. */
const HASHED_PIECE_BYTES = 512 * 1024;

export interface PartFileOptions {
  readonly path: string;
  readonly geometry: Geometry;
  /** Whether to keep the bytes of an existing file. A file that does not have the object's size is emptied all the same: see `resumed`. */
  readonly resume: boolean;
  /** Mode of the file, less the umask. @default 0o666 */
  readonly mode?: number | undefined;
  /** As for `PageCache`. */
  readonly arrival?: Arrival | undefined;
  /**
   * How many of the places `first .. first + count`, from the first on, take no guest. Their bytes are hashed on the way to the file.
   * @default none
   */
  readonly ownCount?: ((first: number, count: number) => number) | undefined;
  /** Whether the path is that of a block device that is large enough. It is overwritten in place, and never removed. @default false */
  readonly isDevice?: boolean | undefined;
  /** For tests and benchmarks. */
  readonly pageSymbolCount?: number | undefined;
  /** For tests and benchmarks. */
  readonly pageCount?: number | undefined;
}

/**
 * The object while it arrives: a sparse file of the object's full length, written through a bounded cache of pages (8 MiB).
 * Never writes beyond the object.
 */
export class PartFile {
  readonly path: string;
  readonly geometry: Geometry;
  /** Whether there was a file of the right length whose bytes were kept. */
  readonly resumed: boolean;
  /** Mode that a new file gets, less the umask. */
  readonly mode: number;
  readonly #handle: FileHandle;
  readonly #cache: PageCache;
  readonly #digests: RunningDigests;
  readonly #ownCount: (first: number, count: number) => number;
  readonly #isDevice: boolean;
  /** Memory for hashing, while no block is hashed. */
  #piece: Buffer | undefined;
  /** A failed fdatasync. The system may have forgotten the pages that it could not write, so a later success proves nothing. */
  #broken: LayercastError | undefined;
  #closed: Promise<void> | undefined;

  private constructor(options: PartFileOptions, handle: FileHandle, resumed: boolean) {
    this.path = options.path;
    this.geometry = options.geometry;
    this.resumed = resumed;
    this.mode = options.mode ?? 0o666;
    this.#handle = handle;
    this.#digests = new RunningDigests(options.geometry);
    this.#ownCount = options.ownCount ?? (() => 0);
    this.#isDevice = options.isDevice ?? false;
    this.#cache = new PageCache({
      geometry: options.geometry,
      onWrite: (first, count, bytes) => this.#hash(first, count, bytes),
      writeAt: (bytes, position) => writeFully(handle, bytes, position),
      direct: new DirectWrites(handle.fd),
      arrival: options.arrival,
      pageSymbolCount: options.pageSymbolCount,
      pageCount: options.pageCount,
    });
  }

  /**
   * Creates or opens the file, gives it its full length, and checks that the disk has room for what is missing.
   * @throws {LayercastError} `FILE_NOT_FOUND` (no such directory), `PERMISSION_DENIED`, `DISK_FULL`, `FILE_IO`.
   */
  static async open(options: PartFileOptions): Promise<PartFile> {
    const { path, geometry } = options;
    if (options.isDevice) return await PartFile.#openDevice(options);
    const { handle, resumed } = await openSized(path, {
      sizeBytes: geometry.sizeBytes,
      resume: options.resume,
      mode: options.mode,
    });
    return new PartFile(options, handle, resumed);
  }

  /**
   * Copies one whole symbol, `bytes[start .. start + length]`, to a place. False, with nothing taken, when the cache is full,
   * and from a failed write on until a `flush` has succeeded.
   * @throws {LayercastError} `INTERNAL` for a place that the object does not have, or a length that the place does not have.
   */
  write(place: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (!this.#isPlace(place) || length !== symbolLength(this.geometry, place) || start + length > bytes.length) {
      throw new LayercastError('INTERNAL', `no symbol has ${length} bytes at place ${place} of ${this.path}`);
    }
    return this.#closed === undefined && this.#broken === undefined && this.#cache.put(place, bytes, start, length);
  }

  /**
   * Puts all that was written to these places into the file, and keeps nothing of it here, so that another thread can read and write them
   * there. No `write` to these places may come before the other thread has done its work.
   *
   * @returns the number by which every thread of the process can use the open file, as long as this one is not closed
   * @throws {LayercastError} `DISK_FULL`, `FILE_IO`; `INTERNAL` for places that the object does not have
   */
  async handOver(first: number, count: number): Promise<number> {
    if (!this.#isPlace(first) || !this.#isPlace(first + count - 1)) {
      throw new LayercastError('INTERNAL', `there are no ${count} places from ${first} on in ${this.path}`);
    }
    if (this.#broken !== undefined) throw this.#broken;
    this.#digests.forget(first, count);
    await this.#cache.release(first, count).catch((error) => {
      throw systemError(error, 'write', this.path);
    });
    return this.#handle.fd;
  }

  /**
   * Fills `into` with the bytes from the start of place `first` on. Bytes that were never written are zeros. Both ends lie
   * within the object.
   */
  async read(first: number, into: Uint8Array): Promise<void> {
    const offset = symbolOffset(this.geometry, first);
    if (!(Number.isInteger(first) && first >= 0 && offset + into.length <= this.geometry.sizeBytes)) {
      throw new LayercastError(
        'INTERNAL',
        `${into.length} bytes from place ${first} are beyond the end of ${this.path}`,
      );
    }
    // Bytes in the cache are copied before anything is awaited. All other bytes are in the file by now.
    const gaps = this.#cache.copyHeld(first, into);
    try {
      for (let i = 0; i < gaps.length; i += 2) {
        await readFully(this.#handle, into.subarray(gaps[i]!, gaps[i + 1]!), offset + gaps[i]!);
      }
    } catch (error) {
      throw systemError(error, 'read', this.path);
    }
  }

  /**
   * SHA-256 of the bytes of a block, whether or not they have reached the file. Bytes that came in order were hashed on their way; the
   * others are read. No write to the block may come meanwhile.
   */
  async digestOf(block: number): Promise<Uint8Array> {
    const { hash, nextPlace } = this.#digests.take(block);
    const { symbolBytes } = this.geometry;
    const end = blockOffset(this.geometry, block) + blockLength(this.geometry, block);
    const missingBytes = end - symbolOffset(this.geometry, nextPlace);
    const pieceCount = Math.floor(HASHED_PIECE_BYTES / symbolBytes);
    const piece = this.#piece ?? Buffer.allocUnsafeSlow(pieceCount * symbolBytes);
    this.#piece = undefined;
    for (
      let place = nextPlace, doneBytes = 0;
      doneBytes < missingBytes;
      place += pieceCount, doneBytes += piece.length
    ) {
      const bytes = piece.subarray(0, Math.min(piece.length, missingBytes - doneBytes));
      await this.read(place, bytes);
      hash.update(bytes);
    }
    this.#piece = piece;
    return hash.digest();
  }

  /** The next bytes that are written to these places replace others: what was hashed of their blocks no longer counts. */
  forgetHashed(first: number, count: number): void {
    this.#digests.forget(first, count);
  }

  /**
   * Resolves when everything that was written before the call is on disk (fdatasync).
   * @throws {LayercastError} `DISK_FULL`; `FILE_IO`, also if the path names another file by now
   */
  async flush(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    if (!this.#isDevice) await requireInPlace(this.#handle, this.path);
    await this.#cache.drain().catch((error) => {
      throw systemError(error, 'write', this.path);
    });
    await this.#sync(() => this.#handle.datasync());
  }

  /**
   * Puts all bytes on disk, gives the file its final name in one step, and puts that name on disk. A file that has this name is
   * replaced; its mode, owner and group are kept as far as possible. The part file is closed before the rename, so that a finished
   * file never has an open writer.
   * @param confirm called right before the rename; when it rejects, so does `finish`, and nothing is renamed
   */
  async finish(target: string, confirm: () => Promise<void> = async () => undefined): Promise<void> {
    await this.flush();
    await takeAttributes(this.#handle, target);
    await this.#sync(() => this.#handle.sync());
    await this.close();
    await renameFinished(this.path, target, confirm);
  }

  /** Closes the file; bytes in the cache are lost unless they were flushed. */
  close(): Promise<void> {
    this.#closed ??= this.#cache.rest().then(() => this.#handle.close());
    return this.#closed;
  }

  /** Closes and removes the file. A device is closed. */
  async discard(): Promise<void> {
    await this.close();
    if (this.#isDevice) return;
    await rm(this.path, { force: true });
  }

  /** The system keeps everybody else from a device that was opened exclusively. */
  static async #openDevice(options: PartFileOptions): Promise<PartFile> {
    const { path } = options;
    const handle = await open(path, constants.O_RDWR | constants.O_EXCL).catch((error) => {
      throw systemError(error, 'write', path);
    });
    if ((await handle.stat()).isBlockDevice()) return new PartFile(options, handle, options.resume);
    await handle.close();
    throw new LayercastError('FILE_IO', `${JSON.stringify(path)} is no block device any more`, {
      hint: 'check the path',
    });
  }

  #hash(first: number, count: number, bytes: Uint8Array): void {
    const ownCount = this.#ownCount(first, count);
    if (ownCount > 0) this.#digests.add(first, ownCount, bytes);
  }

  #isPlace(place: number): boolean {
    return Number.isInteger(place) && place >= 0 && place < this.geometry.symbolCount;
  }

  async #sync(sync: () => Promise<void>): Promise<void> {
    try {
      await sync();
    } catch (error) {
      this.#broken = systemError(error, 'sync', this.path);
      throw this.#broken;
    }
  }
}
