import { execFile } from 'node:child_process';
import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { geometryOf } from '../../dist/object/geometry.js';
import { Journal } from '../../dist/store/journal/journal.js';
import { PageCache } from '../../dist/store/part/page-cache.js';
import { PartFile } from '../../dist/store/part/part-file.js';
import { ScatteredFile } from '../../dist/store/part/scattered-file.js';
import { openPartialObject } from '../../dist/store/partial-object.js';
import { programOf } from '../lab/program-of.js';
import { asOrdinaryUser } from './ordinary-user.js';
import { scratchDirectory } from './scratch.js';

const scratch = await scratchDirectory();
const CHILD = await programOf(new URL('full-disk-child.ts', import.meta.url));

/** Runs the child on a file system of 2 MB that exists for it alone. */
async function onSmallDisk(): Promise<unknown> {
  const mountPoint = join(scratch, 'small');
  await mkdir(mountPoint);
  const script = 'mount -t tmpfs -o size=2m none "$1" && exec "$2" "$3" "$1"';
  const namespaces = process.geteuid!() === 0 ? ['-m'] : ['-Urm'];
  const argv = [...namespaces, 'sh', '-c', script, 'sh', mountPoint, process.execPath, CHILD];
  const { stdout } = await promisify(execFile)('unshare', argv);
  return JSON.parse(stdout);
}

describe('a full disk', () => {
  it('is reported at the start where possible, keeps progress, and lets the fetch continue when there is room again', async () => {
    const full = { code: 'DISK_FULL', message: expect.stringContaining('no space left'), hint: expect.any(String) };
    expect(await onSmallDisk()).toEqual({
      tooLarge: {
        code: 'DISK_FULL',
        message: expect.stringContaining('needs 4000000 bytes'),
        hint: expect.any(String),
      },
      flushOnFull: full,
      writeOnFull: false,
      readOnFull: true,
      flushWithRoom: 'done',
      writeWithRoom: true,
      finished: true,
      appendOnFull: full,
      appendWithRoom: 'done',
      journalled: [null, 100_001],
      framesOnFull: full,
      framesStillOnFull: full,
      framesWithRoom: 'done',
      framesKept: true,
    });
  });
});

describe('a failing disk', () => {
  /** A cache of two pages of four bytes, in symbols of one, over a disk that fails when it is told to. */
  function smallCache() {
    const disk = Buffer.alloc(16);
    const state = { failing: false };
    const cache = new PageCache({
      geometry: geometryOf(16, 1, 1),
      pageSymbolCount: 4,
      pageCount: 2,
      writeAt: async (bytes, position) => {
        if (state.failing) throw new Error('I/O error');
        disk.set(bytes, position);
      },
    });
    return { disk, state, cache };
  }

  it('loses no symbol that was taken, and takes none until a drain has succeeded', async () => {
    const { disk, state, cache } = smallCache();
    const bytes = Buffer.from('abcdefghijklmnop');
    state.failing = true;
    for (let symbol = 0; symbol < 5; symbol++) expect(cache.put(symbol, bytes, symbol, 1)).toBe(true);
    await cache.rest();
    expect(cache.put(5, bytes, 5, 1)).toBe(false);
    await expect(cache.drain()).rejects.toThrow('I/O error');
    expect(cache.put(5, bytes, 5, 1)).toBe(false);
    state.failing = false;
    await cache.drain();
    expect(disk.toString('latin1')).toBe(`abcde${'\0'.repeat(11)}`);
    expect(cache.put(5, bytes, 5, 1)).toBe(true);
    await cache.drain();
    expect(disk.toString('latin1', 0, 6)).toBe('abcdef');
  });
});

describe('a disk that fails to sync', () => {
  const identity = {
    tag: new Uint8Array(8),
    geometry: geometryOf(10, 4, 1),
    sha256: new Uint8Array(32),
    fleet: 'f',
    object: 'o',
    version: 1,
  };

  /** Lets the next fdatasync of the process fail as a dying disk makes it fail. */
  async function failNextSync(): Promise<void> {
    const handle = await open(scratch);
    const methods: { datasync(): Promise<void> } = Object.getPrototypeOf(handle);
    vi.spyOn(methods, 'datasync').mockRejectedValueOnce(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
    await handle.close();
  }
  afterEach(() => vi.restoreAllMocks());

  it('is not believed again, because the system may have forgotten bytes that it could not write', async () => {
    const paths = { partPath: join(scratch, 'sync.part'), journalPath: join(scratch, 'sync.journal') };
    const { part, journal } = await openPartialObject({ ...paths, identity });
    const bytes = new Uint8Array(4);
    expect(part.write(0, bytes, 0, 4)).toBe(true);
    await failNextSync();
    const failed = { code: 'FILE_IO', message: expect.stringContaining('EIO') };
    await expect(part.flush()).rejects.toMatchObject(failed);
    await expect(part.flush()).rejects.toMatchObject(failed);
    expect(part.write(1, bytes, 0, 4)).toBe(false);
    await failNextSync();
    await expect(journal.append({ durable: [[0, 1]] })).rejects.toMatchObject(failed);
    await expect(journal.append({ durable: [[0, 1]] })).rejects.toMatchObject(failed);
    await part.close();
    await journal.close();
    const frames = await ScatteredFile.open(join(scratch, 'frames'), { sizeBytes: 8, resume: false, mode: 0o600 });
    frames.write(0, bytes, 0, 4);
    await failNextSync();
    await expect(frames.flush()).rejects.toMatchObject(failed);
    await expect(frames.flush()).rejects.toMatchObject(failed);
    await frames.close();
  });

  it('is distinguished from a directory that does not exist', async () => {
    const journalPath = join(scratch, 'alone.journal');
    const opening = openPartialObject({ partPath: join(scratch, 'none', 'x'), journalPath, identity });
    await expect(opening).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const below = openPartialObject({ partPath: join(journalPath, 'x'), journalPath, identity });
    await expect(below).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

describe('a directory that cannot be written', () => {
  it('is reported when a part file or a journal is created there', async () => {
    const directory = join(scratch, 'locked');
    await mkdir(directory);
    const existing = join(directory, 'existing.part');
    await writeFile(existing, 'x', { mode: 0o600 });
    await chmod(existing, 0o400);
    await chmod(directory, 0o555);
    await chmod(scratch, 0o755);
    const geometry = geometryOf(10, 4, 1);
    const identity = {
      tag: new Uint8Array(8),
      geometry,
      sha256: new Uint8Array(32),
      fleet: '',
      object: '',
      version: 1,
    };
    const denied = { code: 'PERMISSION_DENIED', message: expect.stringContaining(directory), hint: expect.any(String) };
    const attempts: (() => Promise<unknown>)[] = [
      () => PartFile.open({ path: join(directory, 'new.part'), geometry, resume: false }),
      () => PartFile.open({ path: existing, geometry, resume: true }),
      () => Journal.open(join(directory, 'new.journal'), identity, false),
    ];
    for (const attempt of attempts) await expect(asOrdinaryUser(attempt)).rejects.toMatchObject(denied);
  });
});
