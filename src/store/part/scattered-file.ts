import { type FileHandle, rm } from 'node:fs/promises';
import type { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { writeWholly } from '../sync-io.js';
import { takeAttributes } from './file-attributes.js';
import { openSized, renameFinished, requireInPlace } from './sized-file.js';

/** Bytes that are gathered while they follow each other. A write of this size takes a tenth of a millisecond. */
const GATHERED_BYTES = 256 * 1024;

/** A file whose bytes come in pieces at any offset, most of them one after the other. */
export class ScatteredFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Whether there was a file of the right length whose bytes were kept. */
  readonly resumed: boolean;
  readonly #handle: FileHandle;
  readonly #gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES);
  #gatheredBytes = 0;
  /** Where in the file the gathered bytes begin. */
  #gatheredAt = 0;
  /** A failed fdatasync or fsync. The system may have forgotten bytes that it could not write, so a later success proves nothing. */
  #broken: LayercastError | undefined;

  private constructor(path: string, sizeBytes: number, handle: FileHandle, resumed: boolean) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.#handle = handle;
    this.resumed = resumed;
  }

  /** @throws {LayercastError} as `openSized` */
  static async open(
    path: string,
    options: { readonly sizeBytes: number; readonly resume: boolean; readonly mode: number },
  ): Promise<ScatteredFile> {
    const { handle, resumed } = await openSized(path, options);
    return new ScatteredFile(path, options.sizeBytes, handle, resumed);
  }

  /**
   * Copies `bytes[start .. start + length]` to byte `offset`. Both ends lie within the file.
   *
   * @throws {LayercastError} `DISK_FULL`, `FILE_IO`
   */
  write(offset: number, bytes: Uint8Array, start: number, length: number): void {
    const follows = offset === this.#gatheredAt + this.#gatheredBytes;
    if (!follows || this.#gatheredBytes + length > GATHERED_BYTES) this.#writeGathered();
    if (this.#gatheredBytes === 0) this.#gatheredAt = offset;
    this.#gathered.set(bytes.subarray(start, start + length), this.#gatheredBytes);
    this.#gatheredBytes += length;
  }

  /** Resolves when everything that was written before the call is on disk. @throws {LayercastError} `DISK_FULL`, `FILE_IO` */
  async flush(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    await requireInPlace(this.#handle, this.path);
    this.#writeGathered();
    await this.#sync(this.#handle.datasync());
  }

  /** Calls `visit` with all bytes in order. @throws {LayercastError} `FILE_IO` */
  async eachPiece(visit: (bytes: Uint8Array) => void): Promise<void> {
    this.#writeGathered();
    const piece = Buffer.allocUnsafeSlow(GATHERED_BYTES);
    try {
      for (let offset = 0; offset < this.sizeBytes; ) {
        const { bytesRead } = await this.#handle.read(piece, 0, piece.length, offset);
        if (bytesRead === 0) throw new Error(`the file ends at byte ${offset}, too early`);
        visit(piece.subarray(0, Math.min(bytesRead, this.sizeBytes - offset)));
        offset += bytesRead;
      }
    } catch (error) {
      throw systemError(error, 'read', this.path);
    }
  }

  /** As `PartFile.finish`. */
  async finish(target: string, confirm: () => Promise<void>): Promise<void> {
    await this.flush();
    await takeAttributes(this.#handle, target);
    await this.#sync(this.#handle.sync());
    await this.#handle.close();
    await renameFinished(this.path, target, confirm);
  }

  /** Closes the file; bytes that were not flushed may be lost. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Closes and removes the file. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  /** Bytes that the disk does not take stay gathered: whoever asks whether they are on disk hears of it each time. */
  #writeGathered(): void {
    try {
      writeWholly(this.#handle.fd, this.#gathered.subarray(0, this.#gatheredBytes), this.#gatheredAt);
    } catch (error) {
      throw systemError(error, 'write', this.path);
    }
    this.#gatheredBytes = 0;
  }

  async #sync(synced: Promise<void>): Promise<void> {
    try {
      await synced;
    } catch (error) {
      this.#broken = systemError(error, 'sync', this.path);
      throw this.#broken;
    }
  }
}
