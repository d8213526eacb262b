import { createHash } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { FILE_PIECE_BYTES } from '../../base/limits.js';
import type { FleetObject } from '../../fleet/fleet.js';
import { removeQuietly, syncDirectoryOf, temporaryName } from '../../store/durable.js';
import { FileSource } from '../../store/file-source.js';
import { makeFolder } from '../../store/folder/make-folder.js';
import { statePart } from '../../store/state-parts.js';
import type { Contents } from '../contents/contents.js';
import { roomError } from '../room-error.js';
import { planDelta, writeDelta } from './write-delta.js';

/** A delta that is a larger share of its object is not sent: two objects on the air would serve receivers worse than one. */
const MAX_DELTA_RATIO = 0.5;
/** Most deltas that are kept, also of versions that are not sent any more. A delta that was deleted is made anew. */
const MAX_KEPT = 64;
/** Part of the names of files: with another format, older files do not count. */
const FORMAT = 1;

/** The delta of an object as a file, or why there is none. */
export type DeltaFile = { readonly source: FileSource } | { readonly refusal: string };

export interface DeltaOptions {
  /** Deltas are kept in its folder `deltas`. */
  readonly stateDir: string;
  readonly signal: AbortSignal;
  /** Opens older versions that are folders. */
  readonly contents: Pick<Contents, 'open'>;
}

/**
 * The delta of an object: made once for its file and the older ones, and kept.
 *
 * @throws {LayercastError} `FILE_NOT_FOUND` for an older version, since servers that compare with different files would send different deltas;
 *   `OBJECT_CHANGED`, `PERMISSION_DENIED`, `DISK_FULL`, `ABORTED`, …
 */
export async function openDelta(
  object: FleetObject,
  file: FileSource,
  { stateDir, signal, contents }: DeltaOptions,
): Promise<DeltaFile> {
  const olds: FileSource[] = [];
  try {
    for (const path of object.delta!.fromPaths) olds.push(await openOld(path, object, contents, signal));
    const folder = statePart(stateDir, 'deltas');
    const path = join(folder, `${await nameOf([file, ...olds], object, signal)}.delta`);
    const kept = await openKept(path);
    if (kept !== undefined) return { source: kept };
    const plan = await planDelta(file, olds, signal);
    if (plan.sizeBytes > MAX_DELTA_RATIO * file.sizeBytes) {
      const percent = Math.round((100 * plan.sizeBytes) / file.sizeBytes);
      return { refusal: `${object.name}: no delta is sent, because it would have ${percent} % of the object's size` };
    }
    await makeFolder(folder);
    await removeOldest(folder, MAX_KEPT - 1);
    const temporary = temporaryName(path);
    try {
      const handle = await open(temporary, 'wx', 0o600);
      try {
        await writeDelta(plan, file, handle, signal);
        await handle.sync();
      } finally {
        await handle.close();
      }
      for (const source of [file, ...olds]) await source.checkUnchanged();
      await rename(temporary, path);
      await syncDirectoryOf(path);
    } catch (error) {
      await removeQuietly(temporary);
      throw signal.aborted ? error : roomError(error, 'write', path);
    }
    return { source: await FileSource.open(path) };
  } catch (error) {
    if (!signal.aborted || error instanceof LayercastError) throw error;
    throw new LayercastError('ABORTED', 'making a delta was aborted', { cause: error });
  } finally {
    for (const old of olds) await old.close();
  }
}

async function openOld(
  path: string,
  { name, content }: FleetObject,
  contents: Pick<Contents, 'open'>,
  signal: AbortSignal,
): Promise<FileSource> {
  const what = content === 'tree' ? 'folder' : 'file';
  const opening = content === 'tree' ? contents.open({ filePath: path, content }, signal) : FileSource.open(path);
  try {
    const opened = await opening;
    return 'source' in opened ? opened.source : opened;
  } catch (error) {
    if (!(error instanceof LayercastError) || error.code !== 'FILE_NOT_FOUND') throw error;
    throw new LayercastError(error.code, `there is no ${what} ${JSON.stringify(path)} to make a delta from`, {
      hint: `Put the older version there, or take it out of "deltaFrom" of objects.${name}, on all servers`,
      cause: error,
    });
  }
}

/**
 * Stands for the files as they are now: another content has another inode, size or time. Archives of folders are made anew at each start, so their
 * content stands for them.
 */
async function nameOf(files: readonly FileSource[], { content }: FleetObject, signal: AbortSignal): Promise<string> {
  if (content === 'tree') {
    const hashes: string[] = [];
    for (const file of files) hashes.push(await hashOf(file, signal));
    return createHash('sha256')
      .update(JSON.stringify([FORMAT, hashes]))
      .digest('hex')
      .slice(0, 32);
  }
  const identities = files.map(({ path, identity: { dev, ino, sizeBytes, mtimeNs, ctimeNs } }) =>
    [path, dev, ino, sizeBytes, mtimeNs, ctimeNs].map(String),
  );
  return createHash('sha256')
    .update(JSON.stringify([FORMAT, identities]))
    .digest('hex')
    .slice(0, 32);
}

async function hashOf(file: FileSource, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(FILE_PIECE_BYTES, file.sizeBytes));
  for (let offset = 0; offset < file.sizeBytes; offset += buffer.length) {
    signal.throwIfAborted();
    const piece = buffer.subarray(0, Math.min(buffer.length, file.sizeBytes - offset));
    await file.read(offset, piece);
    hash.update(piece);
  }
  return hash.digest('hex');
}

async function openKept(path: string): Promise<FileSource | undefined> {
  return FileSource.open(path).catch((error: unknown) => {
    if (error instanceof LayercastError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  });
}

/** Deletes files until at most `keptCount` are left, the oldest first. (A time of use would change the file for a server that sends it.) */
async function removeOldest(folder: string, keptCount: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name);
      const found = await stat(path).catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return undefined;
        throw error;
      });
      return { path, madeMs: found?.mtimeMs ?? 0 };
    }),
  );
  const oldest = files.toSorted((a, b) => a.madeMs - b.madeMs).slice(0, Math.max(0, files.length - keptCount));
  for (const { path } of oldest) await rm(path, { force: true });
}
