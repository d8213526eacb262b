import { execFileSync } from 'node:child_process';
import { existsSync, readSync, writeSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { geometryOf, symbolLength } from '../../../dist/object/geometry.js';
import { FileLock } from '../../../dist/store/lock/file-lock.js';
import { PartFile } from '../../../dist/store/part/part-file.js';
import { openPartialObject } from '../../../dist/store/partial-object.js';
import { scratchDirectory } from '../scratch.js';

const directory = await scratchDirectory();
let nameCount = 0;
const newPath = () => join(directory, `${nameCount++}.part`);
const GIB = 2 ** 30;

/** Bytes that are different for each symbol and each time it is written. */
function bytesOf(symbol: number, round: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (symbol * 31 + round * 101 + i * 7 + 1) & 0xff);
}

const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('write' as const), at: fc.nat(), run: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), at: fc.nat(), length: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('handOver' as const), at: fc.nat(), run: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'turn' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
);
const scenario = fc.record({
  symbolBytes: fc.integer({ min: 1, max: 12 }),
  symbolCount: fc.integer({ min: 1, max: 120 }),
  lastBytes: fc.nat(),
  pageSymbolCount: fc.integer({ min: 1, max: 40 }),
  pageCount: fc.integer({ min: 1, max: 6 }),
  steps: fc.array(step, { minLength: 1, maxLength: 60 }),
});

describe('a part file', () => {
  it('returns the bytes that were written, through any number of pages, while writes are under way', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ symbolBytes, symbolCount, lastBytes, pageSymbolCount, pageCount, steps }) => {
        const sizeBytes = (symbolCount - 1) * symbolBytes + 1 + (lastBytes % symbolBytes);
        const geometry = geometryOf(sizeBytes, symbolBytes, 1);
        const path = newPath();
        const part = await PartFile.open({ path, geometry, resume: false, pageSymbolCount, pageCount });
        const model = Buffer.alloc(sizeBytes);
        const reads: Promise<void>[] = [];
        let takenCount = 0;
        for (const [round, now] of steps.entries()) {
          if (now.kind === 'write') {
            for (let i = 0; i <= now.run; i++) {
              const symbol = (now.at + i) % symbolCount;
              const bytes = bytesOf(symbol, round, 3 + symbolLength(geometry, symbol));
              if (!part.write(symbol, bytes, 3, bytes.length - 3)) continue;
              model.set(bytes.subarray(3), symbol * symbolBytes);
              bytes.fill(0);
              takenCount++;
            }
          } else if (now.kind === 'handOver') {
            const first = now.at % symbolCount;
            const end = Math.min(sizeBytes, (first + now.run) * symbolBytes);
            const bytes = bytesOf(first, round, end - first * symbolBytes);
            const handedOver = part.handOver(first, Math.max(1, Math.ceil(bytes.length / symbolBytes)));
            // Symbols that share a page with those that are handed over come meanwhile.
            if (first > 0) {
              const before = bytesOf(first - 1, round, symbolBytes);
              if (part.write(first - 1, before, 0, symbolBytes)) {
                model.set(before, (first - 1) * symbolBytes);
              }
            }
            const fd = await handedOver;
            const found = Buffer.alloc(bytes.length);
            readSync(fd, found, 0, found.length, first * symbolBytes);
            expect(found).toEqual(model.subarray(first * symbolBytes, end));
            writeSync(fd, bytes, 0, bytes.length, first * symbolBytes);
            model.set(bytes, first * symbolBytes);
            const into = new Uint8Array(bytes.length);
            await part.read(first, into);
            expect(into).toEqual(bytes);
          } else if (now.kind === 'read') {
            const place = now.at % symbolCount;
            const offset = place * symbolBytes;
            const into = new Uint8Array(now.length % (sizeBytes - offset + 1));
            const expected = Buffer.from(model.subarray(offset, offset + into.length));
            // A later write may already be seen, so reads that overlap one are waited for.
            reads.push(part.read(place, into).then(() => expect(Buffer.from(into)).toEqual(expected)));
            await Promise.all(reads);
          } else if (now.kind === 'turn') await new Promise(setImmediate);
          else {
            await part.flush();
            expect(await readFile(path)).toEqual(model);
          }
        }
        await part.flush();
        expect(await readFile(path)).toEqual(model);
        if (steps[0]!.kind === 'write') expect(takenCount).toBeGreaterThan(0);
        await part.discard();
        expect(existsSync(path)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('takes every symbol sooner or later, however few pages there are', async () => {
    const geometry = geometryOf(64 * 8, 8, 1);
    const path = newPath();
    const part = await PartFile.open({ path, geometry, resume: false, pageSymbolCount: 4, pageCount: 2 });
    const model = Buffer.from(Array.from({ length: 64 * 8 }, (_, i) => i & 0xff));
    for (let symbol = 0; symbol < 64; symbol++) {
      while (!part.write(symbol, model, symbol * 8, 8)) await new Promise(setImmediate);
    }
    const into = Buffer.alloc(64 * 8);
    await part.read(0, into);
    expect(into).toEqual(model);
    await part.close();
    expect(part.write(0, model, 0, 8)).toBe(false);
  });

  it('returns what another thread wrote while other symbols keep their page in memory', async () => {
    const part = await PartFile.open({
      path: newPath(),
      geometry: geometryOf(64, 8, 1),
      resume: false,
      pageSymbolCount: 8,
    });
    for (let symbol = 0; symbol < 4; symbol++) part.write(symbol, Buffer.alloc(8, 'old'), 0, 8);
    let isDone = false;
    const overwritten = part.handOver(1, 2).then((fd) => {
      writeSync(fd, Buffer.alloc(16, 'new'), 0, 16, 8);
      isDone = true;
    });
    while (!isDone) {
      part.write(4, Buffer.alloc(8, 'other'), 0, 8);
      await new Promise(setImmediate);
    }
    await overwritten;
    for (let look = 0; look < 2; look++) {
      const into = Buffer.alloc(40);
      await part.read(0, into);
      expect(into.toString('latin1')).toBe('oldoldolnewnewnewnewnewnoldoldolotheroth');
      await part.flush();
    }
    await part.discard();
  });

  it('is sparse, and reaches beyond 4 GiB', async () => {
    const geometry = geometryOf(6 * GIB + 17, 1184, 200);
    const path = newPath();
    const part = await PartFile.open({ path, geometry, resume: false });
    const symbols = [0, 4 * GIB, 4 * GIB + 1184 * 99, 6 * GIB].map((offset) => Math.floor(offset / 1184));
    symbols.push(geometry.symbolCount - 1);
    for (const symbol of symbols) {
      const bytes = bytesOf(symbol, 1, symbolLength(geometry, symbol));
      expect(part.write(symbol, bytes, 0, bytes.length)).toBe(true);
    }
    await part.flush();
    const { size, blocks } = await stat(path);
    expect(size).toBe(6 * GIB + 17);
    expect(blocks * 512).toBeLessThan(1e6);
    await part.close();
    const again = await PartFile.open({ path, geometry, resume: true });
    expect(again.resumed).toBe(true);
    for (const symbol of symbols) {
      const into = new Uint8Array(symbolLength(geometry, symbol));
      await again.read(symbol, into);
      expect(into).toEqual(bytesOf(symbol, 1, into.length));
    }
    await again.discard();
  });

  it('is renamed in one step, over a file that had the name', async () => {
    const path = newPath();
    const target = join(directory, 'target');
    await writeFile(target, 'older');
    const part = await PartFile.open({ path, geometry: geometryOf(5, 3, 1), resume: false });
    part.write(0, Buffer.from('abc'), 0, 3);
    part.write(1, Buffer.from('xxdexx'), 2, 2);
    await part.finish(target);
    expect(await readFile(target, 'utf8')).toBe('abcde');
    expect(existsSync(path)).toBe(false);
  });

  it('gives no other file the name, and says that somebody has removed or replaced it', async () => {
    const geometry = geometryOf(3, 3, 1);
    const target = join(directory, 'never');
    for (const [what, change] of [
      ['removed or moved', (path: string) => rm(path)],
      ['removed or moved', (path: string) => rename(path, `${path}.aside`)],
      ['replaced', (path: string) => rm(path).then(() => writeFile(path, 'abd'))],
      ['replaced', (path: string) => rm(path).then(() => symlink('/dev/null', path))],
    ] as const) {
      const path = newPath();
      const part = await PartFile.open({ path, geometry, resume: false });
      part.write(0, Buffer.from('abc'), 0, 3);
      await part.flush();
      await change(path);
      const message = expect.stringContaining(`somebody has ${what} "${path}"`);
      await expect(part.flush()).rejects.toMatchObject({ code: 'FILE_IO', message });
      await expect(part.finish(target)).rejects.toMatchObject({ code: 'FILE_IO', message });
      expect(existsSync(target)).toBe(false);
      await part.close();
    }
  });

  it('does not take the rights of a file that a link in its place leads to', async () => {
    const [path, target, far] = [newPath(), join(directory, 'linked'), join(directory, 'far')];
    await writeFile(far, 'a program');
    await chmod(far, 0o4755);
    await symlink(far, target);
    const part = await PartFile.open({ path, geometry: geometryOf(3, 3, 1), resume: false, mode: 0o600 });
    part.write(0, Buffer.from('abc'), 0, 3);
    await part.finish(target);
    expect([(await lstat(target)).mode & 0o7777, await readFile(far, 'utf8')]).toEqual([0o600, 'a program']);
  });

  it('keeps its name when it cannot be renamed', async () => {
    const path = newPath();
    const part = await PartFile.open({ path, geometry: geometryOf(3, 3, 1), resume: false });
    part.write(0, Buffer.from('abc'), 0, 3);
    await expect(part.finish(directory)).rejects.toMatchObject({ code: 'FILE_IO' });
    expect(await readFile(path, 'latin1')).toBe('abc');
  });

  it('handles a name as long as names can be, together with its journal and lock', async () => {
    const path = join(directory, 'ü'.repeat(122));
    const lock = await FileLock.acquire(`${path}.part.lock`);
    const identity = { tag: new Uint8Array(8), geometry: geometryOf(5, 3, 1), sha256: new Uint8Array(32), version: 1 };
    const { part, journal } = await openPartialObject({
      partPath: `${path}.part`,
      journalPath: `${path}.journal`,
      identity: { ...identity, fleet: '..', object: '/ü' },
    });
    await part.finish(path);
    await journal.discard();
    await lock.release();
    expect((await stat(path)).size).toBe(5);
  });

  it('handles the empty object', async () => {
    const part = await PartFile.open({ path: newPath(), geometry: geometryOf(0, 1184, 0), resume: true });
    await part.flush();
    await part.read(0, new Uint8Array(0));
    const target = join(directory, 'empty');
    await part.finish(target);
    expect((await stat(target)).size).toBe(0);
  });

  it('keeps an existing file only when asked to, and only if it is as long as the object', async () => {
    const geometry = geometryOf(6, 3, 1);
    const path = newPath();
    for (const [content, resume, resumed] of [
      ['abcdef', true, true],
      ['abcdef', false, false],
      ['abcdefg', true, false],
      ['abcde', true, false],
    ] as const) {
      await writeFile(path, content);
      const part = await PartFile.open({ path, geometry, resume });
      expect(part.resumed).toBe(resumed);
      await part.close();
      expect(await readFile(path, 'latin1')).toBe(resumed ? 'abcdef' : '\0'.repeat(6));
    }
  });

  it('takes whole symbols of its object and nothing else', async () => {
    const part = await PartFile.open({ path: newPath(), geometry: geometryOf(10, 4, 1), resume: false });
    const bytes = new Uint8Array(8);
    for (const [place, start, length] of [
      [0.25, 0, 4],
      [0, 0, 3],
      [0, 6, 4],
      [2, 0, 4],
      [3, 0, 4],
      [-1, 0, 4],
      [Number.NaN, 0, 4],
    ] as const) {
      expect(() => part.write(place, bytes, start, length)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    }
    for (const [place, count] of [
      [0.25, 1],
      [1, 3],
      [-1, 2],
      [Number.NaN, 1],
    ] as const) {
      await expect(part.handOver(place, count), `${count} at ${place}`).rejects.toMatchObject({ code: 'INTERNAL' });
    }
    await expect(part.read(2, new Uint8Array(3))).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(part.write(2, bytes, 6, 2)).toBe(true);
    await part.close();
  });

  it('says why it cannot be created', async () => {
    const geometry = geometryOf(10, 4, 1);
    const inNoDirectory = PartFile.open({ path: join(directory, 'none', 'x'), geometry, resume: false });
    await expect(inNoDirectory).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const path = newPath();
    await mkdir(path);
    const onDirectory = PartFile.open({ path, geometry, resume: false });
    await expect(onDirectory).rejects.toMatchObject({ code: 'NOT_A_FILE', message: expect.stringContaining(path) });
    const fifo = newPath();
    execFileSync('mkfifo', [fifo]);
    const onFifo = PartFile.open({ path: fifo, geometry, resume: true });
    await expect(onFifo).rejects.toMatchObject({
      code: 'NOT_A_FILE',
      message: expect.stringContaining('no ordinary file'),
    });
    const largePath = newPath();
    const tooLarge = PartFile.open({ path: largePath, geometry: geometryOf(2 ** 42, 1184, 80_000), resume: false });
    await expect(tooLarge).rejects.toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining(`${2 ** 42}`) });
    expect(existsSync(largePath)).toBe(false);
  });
});
