import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BlockEncoder } from '../../dist/fec/index.js';
import { RestoringThreads } from '../../dist/retrieve/block-restorer.js';
import type { BlockRun } from '../../dist/retrieve/stored-block.js';
import { pick, randomBytes, randomFrom } from '../fec/samples.js';
import { scratchDirectory } from '../store/scratch.js';

const scratch = await scratchDirectory();
const restorer = new RestoringThreads(2);
const handles: FileHandle[] = [];
let nameCount = 0;
afterAll(async () => {
  await restorer[Symbol.asyncDispose]();
  for (const handle of handles) await handle.close();
});

interface Shape {
  readonly sourceCount: number;
  readonly symbolBytes: number;
  /** Bytes that the last symbol lacks. */
  readonly shortBytes: number;
  /** The ESI in each place; −1 for none. */
  readonly esis: readonly number[];
  readonly spareEsis?: readonly number[];
}

const BEFORE = 5;

/** A block that lies in a file after some other bytes, and before some others. */
async function layBlock({ sourceCount, symbolBytes, shortBytes, esis, spareEsis = [] }: Shape) {
  const lengthBytes = sourceCount * symbolBytes - shortBytes;
  const source = randomBytes(lengthBytes, sourceCount);
  const encoder = BlockEncoder.fromSource(source, symbolBytes);
  const symbolOf = (esi: number) => {
    const bytes = new Uint8Array(symbolBytes);
    encoder.encode(esi, bytes);
    return bytes;
  };
  const file = Buffer.alloc(BEFORE + lengthBytes + 7, 0xee);
  for (const [place, esi] of esis.entries()) {
    const room = lengthBytes - place * symbolBytes;
    if (esi >= 0) file.set(symbolOf(esi).subarray(0, room), BEFORE + place * symbolBytes);
  }
  const path = join(scratch, `${nameCount++}`);
  const handle = await open(path, 'w+');
  handles.push(handle);
  await handle.writeFile(file);
  const spares = spareEsis.map((esi) => ({ esi, key: 1, bytes: symbolOf(esi) }));
  const content = { esis: Int32Array.from(esis), spares };
  const block = { fd: handle.fd, path, position: BEFORE, lengthBytes, symbolBytes, content };
  const digest = createHash('sha256').update(source).digest();
  /** The file with the block restored. */
  const whole = Buffer.from(file);
  whole.set(source, BEFORE);
  return { block, digest, file, whole, missing: runsOf(esis), read: () => readFile(path) };
}

/** Places that do not hold their own symbols. */
function runsOf(esis: readonly number[]): BlockRun[] {
  const missing = [...esis.keys()].filter((place) => esis[place] !== place);
  return missing.map((place) => [place, 1] as const);
}

const all = async () => {
  throw new Error('nothing was to be written');
};

/** Symbols in any places; no guest in the last place if it is short. */
const shapes = fc
  .record({
    sourceCount: fc.oneof(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 41, max: 1300 })),
    symbolBytes: fc.constantFrom(1, 7, 32, 100, 512),
    lossRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    isShort: fc.boolean(),
    seed: fc.integer(),
  })
  .map(({ sourceCount, symbolBytes, lossRatio, isShort, seed }): Shape => {
    const random = randomFrom(seed);
    const last = sourceCount - 1;
    const lost = Math.round(lossRatio * sourceCount);
    const received = [
      ...pick(sourceCount - lost, sourceCount, random),
      ...pick(lost + 4, 100_000, random).map((esi) => sourceCount + esi),
    ];
    const order = pick(received.length, received.length, random).map((i) => received[i]!);
    const shortBytes = isShort ? Math.floor(random() * symbolBytes) : 0;
    if (shortBytes === 0)
      return {
        sourceCount,
        symbolBytes,
        shortBytes,
        esis: order.slice(0, sourceCount),
        spareEsis: order.slice(sourceCount),
      };
    const others = order.filter((esi) => esi !== last);
    const esis = [...others.slice(0, last), order.includes(last) ? last : -1];
    return { sourceCount, symbolBytes, shortBytes, esis, spareEsis: others.slice(last) };
  });

describe('threads that restore blocks', () => {
  it('restore a block from any symbols in any places, and write nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const { block, digest, whole, missing, read } = await layBlock(shape);
        expect(await restorer.restore(block, digest, async () => missing)).toBe('genuine');
        expect((await read()).equals(whole)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('restore more blocks than there are threads, each in its own file', async () => {
    const esis = Array.from({ length: 64 }, (_, place) => (place % 8 === 0 ? 1000 + place : place));
    const spareEsis = [7000, 7001];
    const blocks = await Promise.all(
      Array.from({ length: 20 }, () => layBlock({ sourceCount: 64, symbolBytes: 16, shortBytes: 3, esis, spareEsis })),
    );
    const outcomes = blocks.map(({ block, digest, missing }) => restorer.restore(block, digest, async () => missing));
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['genuine']));
    for (const { whole, read } of blocks) expect((await read()).equals(whole)).toBe(true);
  });

  it('write the given runs, and far from them nothing', async () => {
    const esis = Array.from({ length: 200 }, (_, place) => place);
    const { block, digest, whole, read } = await layBlock({ sourceCount: 200, symbolBytes: 8, shortBytes: 3, esis });
    const untouched = Buffer.from(whole);
    const outcome = restorer.restore(block, digest, async () => {
      // The block is in the thread's memory by now: what is written comes from there.
      await handles.at(-1)!.write(Buffer.alloc(whole.length, 1), 0, whole.length, 0);
      untouched.fill(1);
      return [
        [10, 1],
        [12, 2],
        [90, 1],
        [199, 1],
      ];
    });
    expect(await outcome).toBe('genuine');
    // Runs that are close to each other are written as one.
    for (const [first, end] of [
      [10, 14],
      [90, 91],
      [199, 200],
    ] as const) {
      const [from, to] = [BEFORE + first * 8, Math.min(BEFORE + 200 * 8 - 3, BEFORE + end * 8)];
      untouched.set(whole.subarray(from, to), from);
    }
    expect((await read()).equals(untouched)).toBe(true);
  });

  it('write nothing when the symbols are too few, the digest is another, or the owner does not agree', async () => {
    const esis = Array.from({ length: 64 }, (_, place) => (place < 8 ? 1000 + place : place));
    const few = [-1, ...esis.slice(1)];
    const { block, digest, file, read } = await layBlock({ sourceCount: 64, symbolBytes: 32, shortBytes: 0, esis });
    const lacking = { ...block, content: { ...block.content, esis: Int32Array.from(few) } };
    expect(await restorer.restore(lacking, digest, all)).toBe('unsolved');
    expect(await restorer.restore(block, new Uint8Array(32), all)).toBe('wrong');
    await expect(restorer.restore(block, digest, all)).rejects.toThrow('nothing was to be written');
    expect((await read()).equals(file)).toBe(true);
    expect(await restorer.restore(block, digest, async () => [[0, 8]])).toBe('genuine');
  });

  it('take a changed byte for a wrong block, and say when the file has become too short', async () => {
    const esis = Array.from({ length: 64 }, (_, place) => (place < 8 ? 1000 + place : place));
    const { block, digest, file } = await layBlock({ sourceCount: 64, symbolBytes: 32, shortBytes: 0, esis });
    const handle = handles.at(-1)!;
    await handle.write(Buffer.of(file[BEFORE + 100]! ^ 1), 0, 1, BEFORE + 100);
    expect(await restorer.restore(block, digest, all)).toBe('wrong');
    await handle.truncate(BEFORE + 1000);
    const tooShort = restorer.restore(block, digest, all);
    await expect(tooShort).rejects.toMatchObject({ code: 'FILE_IO', message: expect.stringContaining('byte 1005') });
    const twice = { ...block, content: { ...block.content, esis: new Int32Array(64).fill(7) } };
    await expect(restorer.restore(twice, digest, all)).rejects.toMatchObject({ code: 'FEC_INVALID' });
  });

  it('say when the file cannot be written, and go on', async () => {
    const esis = [9, 1, 2, 3];
    const { block, digest, missing } = await layBlock({ sourceCount: 4, symbolBytes: 8, shortBytes: 0, esis });
    const readOnly = await open(block.path, 'r');
    handles.push(readOnly);
    const refused = restorer.restore({ ...block, fd: readOnly.fd }, digest, async () => missing);
    await expect(refused).rejects.toMatchObject({ code: 'FILE_IO', message: expect.stringContaining(block.path) });
    expect(await restorer.restore(block, digest, async () => missing)).toBe('genuine');
  });

  it('rest after the blocks under way, begin anew, and end for good', async () => {
    const own = new RestoringThreads(1);
    own.prepare();
    const esis = [9, 1, 2, 3];
    const shape = { sourceCount: 4, symbolBytes: 8, shortBytes: 0, esis };
    const [first, second] = [await layBlock(shape), await layBlock(shape)];
    let isWritten = false;
    const restored = own
      .restore(first.block, first.digest, async () => first.missing)
      .then(() => {
        isWritten = true;
      });
    await own.rest();
    await restored;
    expect(isWritten).toBe(true);
    expect(await own.restore(second.block, second.digest, async () => second.missing)).toBe('genuine');
    await own[Symbol.asyncDispose]();
    own.prepare();
    await expect(own.restore(second.block, second.digest, all)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
