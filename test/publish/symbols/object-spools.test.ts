import { open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { geometryOf } from '../../../dist/object/geometry.js';
import type { CodedSource } from '../../../dist/publish/symbols/coded-source.js';
import type { FastChannel } from '../../../dist/publish/symbols/object-spools.js';
import { spoolBytes } from '../../../dist/publish/symbols/spool.js';
import { SymbolRuns } from '../../../dist/sender/symbol-runs.js';
import { scratchDirectory } from '../../store/scratch.js';
import { cacheIn, codedSource, digestOf, expectedSymbol, notAborted, publishedFile } from '../coded-objects.js';

const scratch = await scratchDirectory();
const original = Worker.prototype.postMessage;
const geometry = geometryOf(3 * 48 * 64, 64, 3);
let folderCount = 0;

afterEach(() => vi.restoreAllMocks());

function channel(nextEsi: () => number, firstEsi = 1000, repairIntervalUs = 10): FastChannel {
  return { range: { firstEsi, count: 240 }, hasSources: false, repairIntervalUs, nextEsi };
}

/** A coded object that holds no row, and a function that checks its symbols. */
async function rig(cacheFiles: number) {
  const folder = join(scratch, String(folderCount++));
  const { source, content } = await publishedFile(folder, geometry.sizeBytes, folderCount);
  const probe = await cacheIn(folder).open(source, geometry, digestOf('object'), notAborted);
  const { fileBytes } = probe.layout;
  await probe.close();
  const cache = cacheIn(folder, { limitBytes: Math.floor(cacheFiles * fileBytes) });
  const { coded, close } = await codedSource(cache, source, geometry, { heldBytes: 0, wantsSpools: true });
  const check = async (of: CodedSource, firstEsi: number) => {
    const runs = [0, 1, 2].map((block) => ({ block, firstEsi, start: block * 256, count: 4 }));
    const into = new Uint8Array(new SharedArrayBuffer(3 * 256));
    await of.read(SymbolRuns.of(runs), into, 64);
    for (const { block, start } of runs) {
      const expected = expectedSymbol(content, geometry, block, firstEsi);
      expect(Buffer.compare(into.subarray(start, start + 64), expected)).toBe(0);
    }
  };
  const progress: number[] = [];
  const openSpools = async (...channels: FastChannel[]) => {
    await coded.openSpools(channels, cache.folder, notAborted.signal, (madeRatio) => progress.push(madeRatio));
  };
  return { folder, source, cache, coded, close, check: (esi: number) => check(coded, esi), openSpools, progress };
}

const namesIn = (folder: string) => readdir(join(folder, 'intermediate'));

describe('the spools of an object', () => {
  it('are made before the object goes on the air, and leave no file behind', async () => {
    const { folder, openSpools, progress, check, close } = await rig(10);
    await openSpools(
      channel(() => 1000),
      channel(() => 5100, 5000),
    );
    expect(progress.at(-1)).toBe(1);
    expect(await namesIn(folder)).toHaveLength(1);
    for (const esi of [1000, 1004, 1020, 1236, 5100]) await check(esi);
    await close();
    expect(await namesIn(folder)).toHaveLength(1);
  });

  it('follow channels that would be further on by the time they are made', async () => {
    const { openSpools, check } = await rig(10);
    let asked = 0;
    await openSpools(channel(() => 1000 + 4 * (asked++ % 60)));
    expect(asked).toBeGreaterThan(1);
    await check(1000);
  });

  it('are not waited for by channels for which rows suffice', async () => {
    const { openSpools, progress, check } = await rig(10);
    let asked = 0;
    const nextEsi = () => {
      asked++;
      return 1000;
    };
    await openSpools(channel(nextEsi, 1000, 100));
    expect([asked, progress]).toEqual([1, []]);
    await check(1000);
  });

  it('are none where there is no room in the cache, or only for some channels', async () => {
    const bytes = spoolBytes(
      channel(() => 0),
      geometry,
    );
    const { openSpools, check, cache, source } = await rig(1.5);
    await openSpools(channel(() => 1000));
    await check(1000);
    // The object, a spool of the same size, and half of another.
    const other = await rig(2.5);
    await other.openSpools(
      channel(() => 1000),
      channel(() => 5000, 5000),
    );
    for (const esi of [1000, 5000]) await other.check(esi);
    expect(bytes).toBeLessThan(geometry.sizeBytes * 1.1);
    await (await cache.open(source, geometry, digestOf('object'), notAborted)).close();
  });

  it('are none where their files cannot be made', async () => {
    const { folder, openSpools, check } = await rig(10);
    await rm(join(folder, 'intermediate'), { recursive: true });
    await writeFile(join(folder, 'intermediate'), 'no folder');
    await openSpools(channel(() => 1000));
    await check(1000);
  });

  it('give way to intermediate symbols of another object', async () => {
    const { folder, cache, source, openSpools, check } = await rig(2.5);
    await openSpools(channel(() => 1000));
    const other = await cache.open(source, geometry, digestOf('other'), notAborted);
    expect(await namesIn(folder)).toHaveLength(2);
    await check(1000);
    await other.close();
  });

  it('leave out a damaged block, which is mended when a row is needed', async () => {
    const { folder, openSpools, progress, check } = await rig(10);
    const path = join(folder, 'intermediate', (await namesIn(folder))[0]!);
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    await file.write(Buffer.alloc(Math.floor(size / 3), 7), 0, Math.floor(size / 3), 64);
    await file.close();
    await openSpools(channel(() => 1000));
    expect(progress.at(-1)).toBe(1);
    for (let esi = 1000; esi < 1240; esi += 12) await check(esi);
    await check(1000);
  });

  it('are made again by the thread that follows a lost one', async () => {
    const workers: Worker[] = [];
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...args) {
      if (!workers.includes(this)) workers.push(this);
      return original.apply(this, args as Parameters<Worker['postMessage']>);
    });
    const { openSpools, check, progress } = await rig(10);
    await openSpools(channel(() => 1000));
    const ended = workers.at(-1)!;
    await ended.terminate();
    await check(1000);
    await check(1100);
    expect(workers.at(-1)).not.toBe(ended);
    expect(progress.at(-1)).toBe(1);
  });

  it('do not keep an object off the air whose thread is lost while they are made', async () => {
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...args) {
      const [message] = args as [{ readonly call?: string }];
      if (message.call === 'aim') void this.terminate();
      return original.apply(this, args as Parameters<Worker['postMessage']>);
    });
    const { openSpools, check } = await rig(10);
    await openSpools(channel(() => 1000));
    await check(1000);
  });

  it('can be closed while they are made', async () => {
    const { coded, cache, close } = await rig(10);
    const stop = new AbortController();
    const opening = coded.openSpools([channel(() => 1000)], cache.folder, stop.signal, () => undefined);
    stop.abort(new Error('stopped'));
    await expect(opening).rejects.toThrow('stopped');
    await close();
  });
});
