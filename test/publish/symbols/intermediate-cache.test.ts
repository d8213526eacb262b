import { execFile } from 'node:child_process';
import fs, { appendFile, mkdir, open, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { geometryOf } from '../../../dist/object/geometry.js';
import type { IntermediateCache, IntermediateFile } from '../../../dist/publish/symbols/intermediate-cache.js';
import { programOf } from '../../lab/program-of.js';
import { scratchDirectory } from '../../store/scratch.js';
import { cacheIn, digestOf, notAborted, publishedFile } from '../coded-objects.js';

const scratch = await scratchDirectory();
const CHILD = await programOf(new URL('../full-cache-child.ts', import.meta.url));
const geometry = geometryOf(20_000, 100, 2);

let folderCount = 0;
async function newObject() {
  const folder = join(scratch, String(folderCount++));
  return { folder, ...(await publishedFile(folder, 20_000, folderCount)) };
}

const namesIn = (folder: string) => readdir(join(folder, 'intermediate'));

/** Opens and closes the file of an object. Returns whether the object was encoded. */
async function wasMade(cache: IntermediateCache, source: Parameters<IntermediateCache['open']>[0], name = 'object') {
  let encodedBytes = 0;
  const onProgress = (bytes: number) => {
    encodedBytes = bytes;
  };
  const file = await cache.open(source, geometry, digestOf(name), { ...notAborted, onProgress });
  await file.close();
  expect([0, 20_000]).toContain(encodedBytes);
  return encodedBytes > 0;
}

describe('the cache of intermediate symbols', () => {
  it('encodes an object once, and leaves nothing else behind', async () => {
    const { folder, source } = await newObject();
    expect(await wasMade(cacheIn(folder), source)).toBe(true);
    expect(await wasMade(cacheIn(folder), source)).toBe(false);
    expect(await namesIn(folder)).toHaveLength(1);
  });

  it('is used on a file system that does not know how much room it has', async () => {
    const { folder, source } = await newObject();
    const unknown = { ...(await fs.statfs(scratch)), bavail: 0, blocks: 0 };
    vi.spyOn(fs, 'statfs').mockResolvedValue(unknown as Awaited<ReturnType<typeof fs.statfs>>);
    syncBuiltinESMExports();
    try {
      expect(await wasMade(cacheIn(folder), source)).toBe(true);
    } finally {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    }
  });

  it('keeps contents and geometries apart', async () => {
    const { folder, source } = await newObject();
    const cache = cacheIn(folder);
    expect(await wasMade(cache, source, 'one')).toBe(true);
    expect(await wasMade(cache, source, 'two')).toBe(true);
    const other = await cache.open(source, geometryOf(20_000, 50, 2), digestOf('one'), notAborted);
    await other.close();
    expect(await namesIn(folder)).toHaveLength(3);
  });

  it.each([
    ['is short', (path: string) => truncate(path, 20_000)],
    ['is too long', (path: string) => appendFile(path, 'x')],
    ['is empty', (path: string) => truncate(path, 0)],
    ['is about another object', (path: string) => overwrite(path, 8, 'another')],
    ['is of another format', (path: string) => overwrite(path, 7, '9')],
  ])('makes a file anew that %s', async (_, damage) => {
    const { folder, source } = await newObject();
    await wasMade(cacheIn(folder), source);
    const path = join(folder, 'intermediate', (await namesIn(folder))[0]!);
    const before = await readFile(path);
    await damage(path);
    expect(await wasMade(cacheIn(folder), source)).toBe(true);
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  it('deletes the least recently used files when the limit is reached, and the files of dead processes', async () => {
    const { folder, source } = await newObject();
    await wasMade(cacheIn(folder), source, 'size');
    const [probe] = await namesIn(folder);
    const { size } = await stat(join(folder, 'intermediate', probe!));
    let now = Date.now();
    const cache = cacheIn(folder, { limitBytes: 3 * size, nowMs: () => (now += 1000) });
    const abandoned = join(folder, 'intermediate', '.layercast-1-aa.tmp');
    await writeFile(abandoned, new Uint8Array(size));
    await utimes(abandoned, 1000, 1000);
    for (const name of ['a', 'b', 'c']) await wasMade(cache, source, name);
    expect(await namesIn(folder)).toHaveLength(3);
    expect(await wasMade(cache, source, 'a')).toBe(false);
    expect(await wasMade(cache, source, 'd')).toBe(true);
    expect(await namesIn(folder)).toHaveLength(3);
    const kept = [];
    for (const name of ['a', 'c', 'd']) kept.push(await wasMade(cache, source, name));
    expect(kept).toEqual([false, false, false]);
  });

  it('does not delete open files, and says how much would be too much', async () => {
    const { folder, source } = await newObject();
    await wasMade(cacheIn(folder), source, 'size');
    const [probe] = await namesIn(folder);
    const { size } = await stat(join(folder, 'intermediate', probe!));
    const cache = cacheIn(folder, { limitBytes: 2 * size });
    const given: IntermediateFile[] = [];
    for (const name of ['a', 'b']) given.push(await cache.open(source, geometry, digestOf(name), notAborted));
    await expect(wasMade(cache, source, 'c')).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(new RegExp(`needs ${size} bytes .* hold ${2 * size}, of which ${2 * size}`)),
      hint: expect.stringContaining('cacheBytes'),
    });
    expect(await namesIn(folder)).toHaveLength(2);
    await given[0]!.close();
    expect(await wasMade(cache, source, 'c')).toBe(true);
    await given[1]!.close();
  });

  it('stops encoding when aborted, and leaves nothing behind', async () => {
    const folder = join(scratch, String(folderCount++));
    const { source } = await publishedFile(folder, 2_000_000, 1);
    const large = geometryOf(2_000_000, 1000, 200);
    for (const when of ['before', 'meanwhile']) {
      const stopping = new AbortController();
      const opening = cacheIn(folder).open(source, large, digestOf('large'), {
        signal: stopping.signal,
        onProgress: () => undefined,
      });
      if (when === 'before') stopping.abort();
      else setImmediate(() => stopping.abort());
      await expect(opening).rejects.toMatchObject({ code: 'ABORTED' });
      expect(await namesIn(folder)).toEqual([]);
    }
  });

  it('gives up on a file that changes, and leaves nothing behind', async () => {
    const { folder, path, source } = await newObject();
    await writeFile(path, 'another');
    await expect(wasMade(cacheIn(folder), source)).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
    expect(await namesIn(folder)).toEqual([]);
  });

  it('gives up when its thread is lost, and leaves nothing behind', async () => {
    const { folder, source } = await newObject();
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker) {
      void this.terminate();
    });
    const opening = wasMade(cacheIn(folder), source);
    await expect(opening).rejects.toMatchObject({ code: 'THREAD_LOST', message: expect.stringContaining('encoding') });
    vi.restoreAllMocks();
    expect(await namesIn(folder)).toEqual([]);
    expect(await wasMade(cacheIn(folder), source)).toBe(true);
  });

  it('reports a full disk before it writes, and deletes nothing in vain', async () => {
    const mountPoint = join(scratch, 'small');
    await mkdir(mountPoint);
    const script = 'mount -t tmpfs -o size=2m none "$1" && exec "$2" "$3" "$1"';
    const namespaces = process.geteuid!() === 0 ? ['-m'] : ['-Urm'];
    const argv = [...namespaces, 'sh', '-c', script, 'sh', mountPoint, process.execPath, CHILD];
    const { stdout } = await promisify(execFile)('unshare', argv);
    expect(JSON.parse(stdout)).toEqual({
      small: 'made',
      tooLarge: {
        code: 'DISK_FULL',
        message: expect.stringMatching(/needs \d{7} bytes in .*, and there is room for \d{7}$/),
        hint: expect.stringContaining('code: none'),
      },
      namesThen: 1,
      fitting: 'made',
      namesAfter: 1,
    });
  });
});

async function overwrite(path: string, at: number, text: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(text, at);
  await handle.close();
}
