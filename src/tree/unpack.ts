import { chmod, type FileHandle, mkdir, open, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LayercastError } from '../base/errors.js';
import { FILE_PIECE_BYTES } from '../base/limits.js';
import { systemError } from '../base/system-error.js';
import { syncDirectory, writeFully } from '../store/durable.js';
import { decodeHeader, END_BYTES, padded } from './archive-entry.js';
import { compareEntries, parentOf, refusalOf, type TreeEntry, wrongEntry } from './tree-entry.js';

/** Files that are put on disk at once: a journaling file system does that together, for the price of one. */
const SYNCED_AT_ONCE = 32;

/** An archive that lies in a file or in memory. */
export interface ArchiveBytes {
  readonly sizeBytes: number;
  /** Fills all of `into`, which lies within the archive. */
  read(offset: number, into: Uint8Array): Promise<void>;
}

/**
 * The entries of an archive in order, each with the place of its content. Each is checked before it is given: names and links stay in the
 * folder, a folder comes before what is in it and is no link, and nothing is there twice.
 * @throws {LayercastError} `TREE_INVALID`; and what `read` throws
 */
export async function* entriesOf(
  archive: ArchiveBytes,
): AsyncGenerator<{ readonly entry: TreeEntry; readonly contentOffset: number }, void, void> {
  const folders = new Set(['']);
  const endOffset = archive.sizeBytes - END_BYTES;
  let before: TreeEntry | undefined;
  let offset = 0;
  while (offset < endOffset) {
    const start = offset;
    const { entry, headerBytes } = await decodeHeader((from, length) => bytesAt(archive, start + from, length));
    const refusal = refusalOf(entry) ?? refusalOfPlace(entry, before, folders);
    if (refusal !== undefined) throw wrongEntry(entry.path, refusal);
    const contentOffset = offset + headerBytes;
    offset = contentOffset + padded(entry.sizeBytes);
    if (offset > endOffset) throw wrongEntry(entry.path, 'it is longer than the archive');
    if (!(await isZero(archive, contentOffset + entry.sizeBytes, offset)))
      throw wrongEntry(entry.path, 'not only zeros follow it');
    if (entry.kind === 'folder') folders.add(entry.path);
    before = entry;
    yield { entry, contentOffset };
  }
  if (offset !== endOffset || !(await isZero(archive, offset, archive.sizeBytes))) {
    throw new LayercastError('TREE_INVALID', 'the archive of the tree does not end as an archive does');
  }
}

/**
 * Makes the files, folders and links of an archive in an empty folder, and puts them on disk.
 * @throws {LayercastError} `TREE_INVALID` for an archive that is not as `TreeArchive` makes it; `DISK_FULL`, `PERMISSION_DENIED`, … What was
 *   made until then stays in the folder.
 */
export async function unpackTree(archive: ArchiveBytes, folder: string, signal?: AbortSignal): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(FILE_PIECE_BYTES);
  const folders: TreeEntry[] = [];
  const files = new UnsyncedFiles();
  try {
    for await (const { entry, contentOffset } of entriesOf(archive)) {
      signal?.throwIfAborted();
      const place = join(folder, entry.path);
      if (entry.kind === 'folder') {
        await mkdir(place, { mode: 0o700 }).catch((error) => raise(error, place));
        folders.push(entry);
      } else if (entry.kind === 'link') await symlink(entry.target, place).catch((error) => raise(error, place));
      else await files.add(await makeFile(archive, contentOffset, entry, place, buffer, signal));
    }
  } finally {
    await files.sync();
  }
  // Modes come last and from the bottom up, because a folder may be one in which nothing can be made.
  for (const { path, mode } of folders.toReversed()) {
    const place = join(folder, path);
    await syncDirectory(place);
    await chmod(place, mode).catch((error) => raise(error, place));
  }
  await syncDirectory(folder);
}

/** Files that were written and are not on disk yet. */
class UnsyncedFiles {
  #handles: FileHandle[] = [];

  async add(handle: FileHandle): Promise<void> {
    this.#handles.push(handle);
    if (this.#handles.length >= SYNCED_AT_ONCE) await this.sync();
  }

  async sync(): Promise<void> {
    const handles = this.#handles;
    this.#handles = [];
    const ends = await Promise.allSettled(handles.map((handle) => handle.sync().finally(() => handle.close())));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw systemError(failed.reason, 'write', 'the unpacked tree');
  }
}

async function makeFile(
  archive: ArchiveBytes,
  contentOffset: number,
  { sizeBytes, mode, changedS }: TreeEntry,
  place: string,
  buffer: Buffer,
  signal: AbortSignal | undefined,
): Promise<FileHandle> {
  const handle = await open(place, 'wx', 0o600).catch((error) => raise(error, place));
  try {
    for (let done = 0; done < sizeBytes; ) {
      signal?.throwIfAborted();
      const piece = buffer.subarray(0, Math.min(buffer.length, sizeBytes - done));
      await archive.read(contentOffset + done, piece);
      await writeFully(handle, piece, done);
      done += piece.length;
    }
    await handle.chmod(mode);
    await handle.utimes(changedS, changedS);
    return handle;
  } catch (error) {
    await handle.close();
    throw raise(error, place);
  }
}

function refusalOfPlace(
  entry: TreeEntry,
  before: TreeEntry | undefined,
  folders: ReadonlySet<string>,
): string | undefined {
  if (before !== undefined && compareEntries(before, entry) >= 0)
    return `it comes after ${JSON.stringify(before.path)}, out of order or twice`;
  if (!folders.has(parentOf(entry.path))) return 'what it is in is no folder of the tree';
  return undefined;
}

async function bytesAt(archive: ArchiveBytes, offset: number, length: number): Promise<Buffer> {
  if (offset + length > archive.sizeBytes) throw wrongEntry('', 'the archive ends in a header');
  const bytes = Buffer.allocUnsafe(length);
  await archive.read(offset, bytes);
  return bytes;
}

/** Whether the bytes from `start` to before `end` are zeros. They are fewer than two records. */
async function isZero(archive: ArchiveBytes, start: number, end: number): Promise<boolean> {
  if (start < 0) return false;
  return (await bytesAt(archive, start, end - start)).every((byte) => byte === 0);
}

function raise(error: unknown, place: string): never {
  throw systemError(error, 'create', place);
}
