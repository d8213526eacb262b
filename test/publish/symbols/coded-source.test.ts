import { open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockSymbolCount, geometryOf } from '../../../dist/object/geometry.js';
import { codedSymbolLength } from '../../../dist/sender/schedule/symbol-order.js';
import { SymbolRuns } from '../../../dist/sender/symbol-runs.js';
import { scratchDirectory } from '../../store/scratch.js';
import { cacheIn, codedSource, expectedSymbol, publishedFile } from '../coded-objects.js';

const scratch = await scratchDirectory();
let folderCount = 0;
const newFolder = () => join(scratch, String(folderCount++));

/** Zeros that other threads may write to. */
const sharedBytes = (length: number) => new Uint8Array(new SharedArrayBuffer(length));

/** The bytes between symbols, which must not change. */
const UNTOUCHED = 0xa5;

describe('a source of coded symbols', () => {
  it('makes every symbol that the code makes from the whole block', async () => {
    const objects = fc.record({
      sizeBytes: fc.integer({ min: 1, max: 20_000 }),
      symbolBytes: fc.integer({ min: 16, max: 100 }),
      blockCount: fc.integer({ min: 1, max: 5 }),
      // Nothing, the permanent rows of some blocks, or all.
      heldBytes: fc.constantFrom(0, 6000, 1e9),
      picks: fc.array(
        fc.record({
          block: fc.nat(4),
          place: fc.constantFrom('first', 'before K', 'last of K', 'K', 'repair', 'last of all'),
          count: fc.integer({ min: 1, max: 20 }),
          gapBytes: fc.nat(200),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      headerBytes: fc.nat(60),
    });
    await fc.assert(
      fc.asyncProperty(objects, async ({ sizeBytes, symbolBytes, blockCount, heldBytes, picks, headerBytes }) => {
        const geometry = geometryOf(sizeBytes, symbolBytes, Math.min(blockCount, Math.ceil(sizeBytes / symbolBytes)));
        const folder = newFolder();
        const { source, content } = await publishedFile(folder, sizeBytes, sizeBytes);
        const { coded, close } = await codedSource(cacheIn(folder, { threadCount: 1 }), source, geometry, {
          heldBytes,
        });
        const strideBytes = headerBytes + symbolBytes;
        let end = 0;
        const runs = picks.map(({ block: anyBlock, place, count, gapBytes }) => {
          const block = anyBlock % geometry.blockCount;
          const sourceCount = blockSymbolCount(geometry, block);
          const firstEsi = {
            first: 0,
            'before K': Math.max(0, sourceCount - Math.ceil(count / 2)),
            'last of K': sourceCount - 1,
            K: sourceCount,
            repair: 40_000 + sizeBytes,
            'last of all': 2 ** 24 - count,
          }[place];
          const start = end + gapBytes;
          end = start + (count - 1) * strideBytes + symbolBytes;
          return { block, firstEsi, start, count };
        });
        const into = sharedBytes(end + 30).fill(UNTOUCHED);
        await coded.read(SymbolRuns.of(runs), into, strideBytes);
        const expected = new Uint8Array(into.length).fill(UNTOUCHED);
        for (const { block, firstEsi, start, count } of runs) {
          for (let i = 0; i < count; i++) {
            const symbol = expectedSymbol(content, geometry, block, firstEsi + i);
            const length = codedSymbolLength(geometry, block, firstEsi + i);
            expected.set(symbol.subarray(0, length), start + i * strideBytes);
          }
        }
        expect(Buffer.compare(into, expected)).toBe(0);
        await close();
      }),
      { numRuns: 15, seed: 1 },
    );
  });

  it('serves many readers at once, each its own symbols', async () => {
    const geometry = geometryOf(30_000, 64, 3);
    const folder = newFolder();
    const { source, content } = await publishedFile(folder, 30_000, 5);
    const { coded } = await codedSource(cacheIn(folder), source, geometry);
    const readers = Array.from({ length: 40 }, async (_, i) => {
      const into = sharedBytes((1 + (i % 5)) * 64);
      await coded.read(SymbolRuns.of([{ block: i % 3, firstEsi: 1000 * i, start: 0, count: 1 + (i % 5) }]), into, 64);
      return [into, expectedSymbol(content, geometry, i % 3, 1000 * i)] as const;
    });
    for (const [found, expected] of await Promise.all(readers)) {
      expect(Buffer.compare(found.subarray(0, 64), expected)).toBe(0);
    }
  });

  it.each([
    ['holds blocks in memory', 1e9],
    ['reads rows from the file', 0],
  ])('mends damaged intermediate symbols and goes on when it %s', async (_, heldBytes) => {
    const geometry = geometryOf(40_000, 100, 2);
    const folder = newFolder();
    const { source, content } = await publishedFile(folder, 40_000, 6);
    const cache = cacheIn(folder);
    await (await codedSource(cache, source, geometry)).close();
    const [name] = await readdir(join(folder, 'intermediate'));
    const path = join(folder, 'intermediate', name!);
    const handle = await open(path, 'r+');
    const { size } = await handle.stat();
    const before = Buffer.alloc(size);
    await handle.read(before, 0, size, 0);
    await handle.write(Buffer.alloc(size - 64, 7), 0, size - 64, 64);

    const { coded } = await codedSource(cache, source, geometry, { heldBytes });
    const runs = [0, 1].map((block) => ({ block, firstEsi: 5000, start: block * 300, count: 3 }));
    const both = [sharedBytes(600), sharedBytes(600)];
    await Promise.all(both.map((into) => coded.read(SymbolRuns.of(runs), into, 100)));
    for (const into of both) {
      for (const { block, firstEsi, start } of runs) {
        const expected = expectedSymbol(content, geometry, block, firstEsi);
        expect(Buffer.compare(into.subarray(start, start + 100), expected)).toBe(0);
      }
    }
    const after = Buffer.alloc(size);
    await handle.read(after, 0, size, 0);
    await handle.close();
    expect(after.equals(before)).toBe(true);
  });

  it('gives no source symbol of a file that has changed, and mends no block from it', async () => {
    const geometry = geometryOf(5000, 50, 1);
    const folder = newFolder();
    const { path, source } = await publishedFile(folder, 5000, 7);
    const { coded } = await codedSource(cacheIn(folder), source, geometry, { heldBytes: 0 });
    await writeFile(path, new Uint8Array(5001));
    const changed = { code: 'OBJECT_CHANGED' };
    const reading = coded.read(SymbolRuns.of([{ block: 0, firstEsi: 99, start: 0, count: 2 }]), sharedBytes(100), 50);
    await expect(reading).rejects.toMatchObject(changed);
    const [name] = await readdir(join(folder, 'intermediate'));
    await writeFile(join(folder, 'intermediate', name!), new Uint8Array(2000));
    const mending = coded.read(SymbolRuns.of([{ block: 0, firstEsi: 100, start: 0, count: 2 }]), sharedBytes(100), 50);
    await expect(mending).rejects.toMatchObject(changed);
  });

  it('can be closed during reads, and rejects later reads', async () => {
    const geometry = geometryOf(5000, 50, 1);
    const folder = newFolder();
    const { source } = await publishedFile(folder, 5000, 8);
    const { coded, close } = await codedSource(cacheIn(folder), source, geometry);
    const run = { block: 0, firstEsi: 700, start: 0, count: 1 };
    const asked = coded.read(SymbolRuns.of([run]), sharedBytes(50), 50);
    await Promise.all([asked, close()]);
    await expect(coded.read(SymbolRuns.of([run]), sharedBytes(50), 50)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
