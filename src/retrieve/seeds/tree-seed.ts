import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemError } from '../../base/system-error.js';
import type { Seed } from '../../receiver/seeding/seeds.js';
import { readUpTo } from '../../store/handle-io.js';
import { TreeArchive } from '../../tree/archive.js';
import { END_BYTES, encodeHeader, padded } from '../../tree/archive-entry.js';

/** By now there may be something else in the place of a file: a pipe would wait for a writer, and a link leads elsewhere. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * A folder as the archive that it would be, read at any place without one: headers are made anew, and contents come from the files. A file that
 * has become shorter meanwhile ends with zeros; what a seed brings is checked in any case.
 */
export class TreeSeed implements Seed {
  readonly name: string;
  readonly #archive: TreeArchive;
  /** Where each entry begins in the archive. */
  readonly #starts: Float64Array;
  /** The file that was read last: chunks are looked for, and taken, in order. */
  #file: { readonly index: number; readonly handle: FileHandle } | undefined;

  private constructor(archive: TreeArchive) {
    this.name = archive.folder;
    this.#archive = archive;
    this.#starts = new Float64Array(archive.entries.length);
    let at = 0;
    for (const [index, entry] of archive.entries.entries()) {
      this.#starts[index] = at;
      at += encodeHeader(entry).length + padded(entry.sizeBytes);
    }
  }

  /** @throws {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED`, `TREE_INVALID` */
  static async open(folder: string): Promise<TreeSeed> {
    return new TreeSeed(await TreeArchive.of(folder));
  }

  async read(offset: number, into: Uint8Array): Promise<number> {
    const length = Math.max(0, Math.min(into.length, this.#archive.sizeBytes - offset));
    for (let filled = 0; filled < length; ) {
      filled += await this.#readPart(offset + filled, into.subarray(filled, length));
    }
    return length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.handle.close();
    this.#file = undefined;
  }

  /** Reads from one header, one file or one stretch of zeros. @returns bytes read, at least one */
  async #readPart(at: number, into: Uint8Array): Promise<number> {
    if (at >= this.#archive.sizeBytes - END_BYTES) return zeros(into, into.length);
    const index = this.#indexAt(at);
    const entry = this.#archive.entries[index]!;
    const header = encodeHeader(entry);
    const within = at - this.#starts[index]!;
    if (within < header.length) return header.copy(into, 0, within);
    const from = within - header.length;
    if (from >= entry.sizeBytes) return zeros(into, padded(entry.sizeBytes) - from);
    const piece = into.subarray(0, entry.sizeBytes - from);
    zeros(piece.subarray(await this.#readFile(index, from, piece)), piece.length);
    return piece.length;
  }

  async #readFile(index: number, from: number, into: Uint8Array): Promise<number> {
    const path = join(this.name, this.#archive.entries[index]!.path);
    try {
      if (this.#file?.index !== index) {
        await this[Symbol.asyncDispose]();
        this.#file = { index, handle: await open(path, FLAGS) };
      }
      return await readUpTo(this.#file!.handle, into, from);
    } catch (error) {
      throw systemError(error, 'read', path);
    }
  }

  /** The entry to which a byte of the archive belongs. */
  #indexAt(at: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function zeros(into: Uint8Array, count: number): number {
  const part = into.subarray(0, count);
  part.fill(0);
  return part.length;
}
