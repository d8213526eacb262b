import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr/pack';
import { DIGEST_BYTES } from '../../base/limits.js';
import { systemError } from '../../base/system-error.js';
import type { ObjectDigests } from '../../object/digest.js';
import type { Geometry } from '../../object/geometry.js';
import { replaceFile } from '../durable.js';
import type { FileSource } from '../file-source.js';
import { makeFolder } from '../folder/make-folder.js';
import { type HashOptions, hashObject } from '../hash-file.js';
import { statePart } from '../state-parts.js';

export interface DigestCacheOptions extends HashOptions {
  /** Entries are kept in its folder `digests`, which is made if it is missing. */
  readonly stateDir: string;
  /** @default the clock of this host, in ms since 1970 */
  readonly nowMs?: (() => number) | undefined;
}

export interface FileDigests extends ObjectDigests {
  /** Whether the digests came from the cache, so that the file was not read. */
  readonly fromCache: boolean;
  /** Why the digests could not be kept for the next time; undefined if nothing went wrong. The digests are right in any case. */
  readonly notKept: string | undefined;
}

/** An entry of a 10 GB object has 270 kB, so all entries together stay below about 100 MB. */
const MAX_ENTRIES = 256;
/**
 * A file is young when its last change is less than this before it was first read. A second write within the granularity of
 * the file system's clock (2 s on FAT, the coarsest) would leave no trace, so digests of young files are not kept. (Git
 * calls such entries racy.)
 */
const YOUNG_MS = 2000;
const SUFFIX = '.digests';
/** A process that died left every temporary file that is older than this. */
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
  const path = join(
    statePart(options.stateDir, 'digests'),
    `${createHash('sha256').update(key).digest('hex')}${SUFFIX}`,
  );
  const kept = await readEntry(path, key, geometry);
  if (kept !== undefined) {
    await source.checkUnchanged();
    // The least recently used entries are removed first. If the time cannot be set, only that order suffers.
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

/** Reads an entry: u32 LE CRC-32 of the rest, then msgpack [key, sha256, blockDigests]. Undefined if there is no valid entry. */
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
    // The entry is missing, unreadable or no msgpack. In each case the digests are computed again.
    return undefined;
  }
}

function isBytes(value: unknown, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length;
}

/** Writes an entry; returns what went wrong, if anything. A file can be published although the state directory cannot be written. */
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
      // Another process may remove entries at the same time.
      const found = await stat(path).catch(() => undefined);
      return { path, isEntry: name.endsWith(SUFFIX), usedMs: found?.mtimeMs ?? 0 };
    }),
  );
  const abandoned = aged.filter(({ isEntry, usedMs }) => !isEntry && usedMs < nowMs - ABANDONED_MS);
  const entries = aged.filter(({ isEntry }) => isEntry).toSorted((a, b) => b.usedMs - a.usedMs);
  for (const { path } of [...abandoned, ...entries.slice(MAX_ENTRIES)]) await rm(path, { force: true });
}
