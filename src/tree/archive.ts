import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LayercastError } from '../base/errors.js';
import { FILE_PIECE_BYTES } from '../base/limits.js';
import { systemError } from '../base/system-error.js';
import { type FileIdentity, FileSource } from '../store/file-source.js';
import { END_BYTES, encodeHeader, padded } from './archive-entry.js';
import { compareEntries, MAX_CHANGED_S, MAX_ENTRIES, refusalOf, type TreeEntry, wrongEntry } from './tree-entry.js';

/**
 * The archive of a folder as it is now: the same bytes wherever names, modes, links, contents and times of files are the same. Nothing is
 * kept of owners, groups, times of folders, set-ID bits, and which names are hard links to one file.
 */
export class TreeArchive {
  readonly folder: string;
  readonly sizeBytes: number;
  readonly entries: readonly TreeEntry[];
  readonly #found: readonly Found[];
  /** Changes when the folder may have changed: nothing but the folder's lists is read for it. */
  readonly fingerprint: string;

  private constructor(folder: string, found: readonly Found[]) {
    this.folder = folder;
    this.#found = found;
    this.entries = found.map(({ entry }) => entry);
    this.sizeBytes = this.entries.reduce(
      (sum, entry) => sum + encodeHeader(entry).length + padded(entry.sizeBytes),
      END_BYTES,
    );
    this.fingerprint = JSON.stringify(found.map(({ entry, stamp }) => [entry, stamp]));
  }

  /**
   * Looks at all of a folder.
   * @throws {LayercastError} `TREE_INVALID` for what cannot be in a tree: devices, sockets, pipes, links that leave the folder, names that
   *   are not UTF-8, too many entries; `FILE_NOT_FOUND`, `PERMISSION_DENIED`, …
   */
  static async of(folder: string): Promise<TreeArchive> {
    const found: Found[] = [];
    await collect(folder, '', found);
    return new TreeArchive(
      folder,
      found.toSorted((a, b) => compareEntries(a.entry, b.entry)),
    );
  }

  /**
   * All bytes in order, in pieces of at most 1 MiB. A piece is valid until the next is asked for.
   * @throws {LayercastError} `OBJECT_CHANGED` if a file has changed since `of`; `FILE_IO`, `PERMISSION_DENIED`, …
   */
  async *bytes(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const buffer = Buffer.allocUnsafeSlow(FILE_PIECE_BYTES);
    for (const found of this.#found) {
      const { entry } = found;
      signal?.throwIfAborted();
      yield encodeHeader(entry);
      if (entry.kind !== 'file') continue;
      yield* contentOf(join(this.folder, entry.path), found, buffer, signal);
      yield Buffer.alloc(padded(entry.sizeBytes) - entry.sizeBytes);
    }
    yield Buffer.alloc(END_BYTES);
  }
}

interface Found {
  readonly entry: TreeEntry;
  /** As `stampOf`. */
  readonly stamp: string;
}

async function collect(top: string, path: string, found: Found[]): Promise<void> {
  const folder = join(top, path);
  const names = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw systemError(error, 'read', folder);
  });
  for (const name of names) {
    const inner = path === '' ? name.name : `${path}/${name.name}`;
    if (found.length >= MAX_ENTRIES) {
      throw new LayercastError('TREE_INVALID', `${JSON.stringify(top)} has more than ${MAX_ENTRIES} entries`, {
        hint: 'Publish it in parts, or as one file',
      });
    }
    found.push(await lookAt(join(folder, name.name), inner, name));
    if (name.isDirectory()) await collect(top, inner, found);
  }
}

async function lookAt(place: string, path: string, found: Dirent): Promise<Found> {
  // A name that is not UTF-8 cannot be looked at by this text.
  const unusable = refusalOf({ path, kind: 'folder', mode: 0, sizeBytes: 0, changedS: 0, target: '' });
  if (unusable !== undefined) throw wrongEntry(path, unusable);
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : undefined;
  if (kind === undefined) throw wrongEntry(path, 'it is a device, a socket or a pipe');
  try {
    const stats = await lstat(place, { bigint: true });
    const entry = entryOf(path, kind, stats, kind === 'link' ? await readlink(place) : '');
    const refusal = refusalOf(entry);
    if (refusal !== undefined) throw wrongEntry(path, refusal);
    return { entry, stamp: stampOf(stats) };
  } catch (error) {
    throw systemError(error, 'look at', place);
  }
}

/** Another text for another file at the same place, also one that a link leads to, and for a file that has changed. */
function stampOf({ ino, mtimeNs, ctimeNs }: Pick<FileIdentity, 'ino' | 'mtimeNs' | 'ctimeNs'>): string {
  return `${ino} ${mtimeNs} ${ctimeNs}`;
}

function entryOf(
  path: string,
  kind: TreeEntry['kind'],
  { mode, size, mtimeNs }: BigIntStats,
  target: string,
): TreeEntry {
  const isFile = kind === 'file';
  const changedS = Number(mtimeNs / 1_000_000_000n);
  return {
    path,
    kind,
    mode: kind === 'link' ? 0o777 : Number(mode) & 0o777,
    sizeBytes: isFile ? Number(size) : 0,
    changedS: isFile ? Math.min(MAX_CHANGED_S, Math.max(0, changedS)) : 0,
    target,
  };
}

async function* contentOf(
  place: string,
  { entry: { path, sizeBytes }, stamp }: Found,
  buffer: Buffer,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const source = await FileSource.open(place);
  try {
    if (stampOf(source.identity) !== stamp) {
      throw new LayercastError('OBJECT_CHANGED', `${JSON.stringify(path)} has changed while it was being read`, {
        hint: 'Change files of a published folder by renaming whole folders, not in place',
      });
    }
    for (let offset = 0; offset < sizeBytes; ) {
      signal?.throwIfAborted();
      const piece = buffer.subarray(0, Math.min(buffer.length, sizeBytes - offset));
      await source.read(offset, piece);
      yield piece;
      offset += piece.length;
    }
  } finally {
    await source.close();
  }
}
