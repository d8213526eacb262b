import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr';
import { DIGEST_BYTES } from '../../base/limits.js';
import type { ObjectDigests } from '../../object/digest.js';
import type { Geometry } from '../../object/geometry.js';
import { replaceFile } from '../durable.js';
import type { FileSource } from '../file-source.js';
import { makeFolder } from '../folder/make-folder.js';
import { type HashOptions, hashObject } from '../hash-file.js';
import { systemError } from '../system-error.js';

export interface DigestCacheOptions extends HashOptions {
  /** Entries live in `digests` below; made when it is not there. */
  readonly stateDir: string;
  /** @default the clock of this host, in ms since 1970 */
  readonly nowMs?: (() => number) | undefined;
}

export interface FileDigests extends ObjectDigests {
  /** Whether they came from the cache, without the file being read. */
  readonly fromCache: boolean;
  /** Why they could not be kept for the next time, when that went wrong; they are right all the same. */
  readonly notKept: string | undefined;
}

/** An entry of a 10 GB object has 270 kB: all together stay below 100 MB or so. */
const MAX_ENTRIES = 256;
/**
 * A file is young when its last change is less than this before it was first read. A second write within the granularity of
 * the file system's clock (2 s on FAT, the coarsest) would leave no trace, so digests of young files are not kept. (Git
 * calls such entries racy.)
 */
const YOUNG_MS = 2000;
const SUFFIX = '.digests';
/** A temporary file this old was left by a process that died. */
const ABANDONED_MS = 3_600_000;

const packr = new Packr({ useRecords: false });

/**
 * Digests of a file: computed once, then remembered under its path, inode, size, times and geometry. An entry that is damaged
 * is computed anew.
 * @throws {LayercastError} `OBJECT_CHANGED`, `ABORTED`, `FILE_IO`
 */
export async function digestsOf(
  source: FileSource,
  geometry: Geometry,
  options: DigestCacheOptions,
): Promise<FileDigests> {
  const nowMs = options.nowMs ?? Date.now;
  const key = keyOf(source, geometry);
  const path = join(options.stateDir, 'digests', `${createHash('sha256').update(key).digest('hex')}${SUFFIX}`);
  const kept = await readEntry(path, key, geometry);
  if (kept !== undefined) {
    await source.checkUnchanged();
    // The least recently used go first. A clock that cannot be set costs only that order.
    const now = nowMs() / 1000;
    await utimes(path, now, now).catch(() => {});
    return { ...kept, fromCache: true, notKept: undefined };
  }
  const startedMs = nowMs();
  const digests = await hashObject(source, geometry, options);
  await source.checkUnchanged();
  const { mtimeNs, ctimeNs } = source.identity;
  const changedMs = Math.max(Number(mtimeNs / 1_000_000n), Number(ctimeNs / 1_000_000n));
  const isYoung = startedMs - changedMs < YOUNG_MS;
  const notKept = isYoung ? undefined : await keep(path, key, digests, nowMs());
  return { ...digests, fromCache: false, notKept };
}

function keyOf({ path, identity }: FileSource, { symbolBytes, blockCount }: Geometry): string {
  const { dev, ino, sizeBytes, mtimeNs, ctimeNs } = identity;
  const numbers = [dev, ino, sizeBytes, mtimeNs, ctimeNs, symbolBytes, blockCount];
  return JSON.stringify([resolve(path), ...numbers.map(String)]);
}

/** Entry: u32 LE CRC-32 of the rest, then msgpack [key, sha256, blockDigests]. */
async function readEntry(path: string, key: string, geometry: Geometry): Promise<ObjectDigests | undefined> {
  try {
    const content = await readFile(path);
    const packed = content.subarray(4);
    if (content.length < 4 || crc32(packed) !== content.readUInt32LE(0)) return undefined;
    const entry: unknown = packr.unpack(packed);
    if (!Array.isArray(entry) || entry[0] !== key) return undefined;
    const [, sha256, blockDigests]: unknown[] = entry;
    if (!isBytes(sha256, DIGEST_BYTES) || !isBytes(blockDigests, geometry.blockCount * DIGEST_BYTES)) return undefined;
    return { sha256: Buffer.from(sha256), blockDigests: Buffer.from(blockDigests) };
  } catch {
    // Not there, not readable, or not msgpack: computing it anew is the answer to each.
    return undefined;
  }
}

function isBytes(value: unknown, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length;
}

/** Says what went wrong, if anything did: a state directory that cannot be written keeps nobody from publishing. */
async function keep(path: string, key: string, digests: ObjectDigests, nowMs: number): Promise<string | undefined> {
  try {
    await makeFolder(dirname(path));
    await writeEntry(path, key, digests);
    await utimes(path, nowMs / 1000, nowMs / 1000);
    await prune(dirname(path), nowMs);
    return undefined;
  } catch (error) {
    return systemError(error, 'keep digests in', path).message;
  }
}

async function writeEntry(path: string, key: string, digests: ObjectDigests): Promise<void> {
  const packed = packr.pack([key, digests.sha256, digests.blockDigests]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(packed));
  await replaceFile(path, [checksum, packed]);
}

async function prune(directory: string, nowMs: number): Promise<void> {
  const names = await readdir(directory);
  const aged = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      // Another process may be pruning as well.
      const found = await stat(path).catch(() => undefined);
      return { path, isEntry: name.endsWith(SUFFIX), usedMs: found?.mtimeMs ?? 0 };
    }),
  );
  const abandoned = aged.filter(({ isEntry, usedMs }) => !isEntry && usedMs < nowMs - ABANDONED_MS);
  const entries = aged.filter(({ isEntry }) => isEntry).toSorted((a, b) => b.usedMs - a.usedMs);
  for (const { path } of [...abandoned, ...entries.slice(MAX_ENTRIES)]) await rm(path, { force: true });
}
