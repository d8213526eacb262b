import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import type { Seed } from '../../receiver/seeding/seeds.js';
import { readUpTo } from '../../store/handle-io.js';

/**
 * An open file or block device that is only read. It may change meanwhile, as the file system of a running system does.
 */
export class SeedFile implements Seed {
  readonly name: string;
  readonly #handle: FileHandle;

  private constructor(name: string, handle: FileHandle) {
    this.name = name;
    this.#handle = handle;
  }

  /** @throws {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED`; `NOT_A_FILE` for a folder, pipe, socket or terminal */
  static async open(path: string): Promise<SeedFile> {
    // Non-blocking, because opening a FIFO would wait for a writer.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
      throw systemError(error, 'open', path);
    });
    try {
      const found = await handle.stat();
      if (found.isFile() || found.isBlockDevice()) return new SeedFile(path, handle);
      throw new LayercastError('NOT_A_FILE', `${JSON.stringify(path)} is neither a file nor a block device`);
    } catch (error) {
      await handle.close();
      throw systemError(error, 'look at', path);
    }
  }

  async read(offset: number, into: Uint8Array): Promise<number> {
    try {
      return await readUpTo(this.#handle, into, offset);
    } catch (error) {
      throw systemError(error, 'read', this.name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
