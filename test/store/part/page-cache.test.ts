import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { geometryOf } from '../../../dist/object/geometry.js';
import { PageCache } from '../../../dist/store/part/page-cache.js';

/** Pages of one symbol of one byte, over a disk whose writes end when the test says so. */
function slowCache() {
  const begun: (() => void)[] = [];
  const state = { endedCount: 0 };
  const cache = new PageCache({
    geometry: geometryOf(4, 1, 1),
    pageSymbolCount: 1,
    pageCount: 2,
    writeAt: () =>
      new Promise((resolve) => {
        begun.push(() => {
          state.endedCount++;
          resolve();
        });
      }),
  });
  const endWrite = async () => {
    while (begun.length === 0) await new Promise(setImmediate);
    begun.shift()!();
  };
  return { cache, state, begun, endWrite };
}

describe('a page cache', () => {
  it.each(['drain', 'release'] as const)(
    'waits at a %s for symbols that came while others were being written',
    async (how) => {
      const { cache, state, begun, endWrite } = slowCache();
      expect(cache.put(0, Buffer.from('a'), 0, 1)).toBe(true);
      while (begun.length === 0) await new Promise(setImmediate);
      expect(cache.put(0, Buffer.from('b'), 0, 1)).toBe(true);
      let endedBefore: number | undefined;
      const settled = (how === 'drain' ? cache.drain() : cache.release(0, 1)).then(() => {
        endedBefore = state.endedCount;
      });
      await endWrite();
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      expect(endedBefore).toBeUndefined();
      await endWrite();
      await settled;
      expect(endedBefore).toBe(2);
    },
  );

  it.each([
    ['64 symbols where that is room for all blocks', 53, 16_384, 'scattered', 64],
    ['fewer symbols where there are more blocks', 250, 20_480, 'scattered', 16],
    ['two runs for the blocks of 10 GB', 413, 20_480, 'scattered', 8],
    ['many symbols where they come in order', 8250, 1024, 'inOrder', 256],
  ] as const)('has pages of %s', (_, blockCount, blockSymbols, arrival, expected) => {
    const geometry = geometryOf(blockCount * blockSymbols * 1184, 1184, blockCount);
    const cache = new PageCache({ geometry, arrival, writeAt: () => Promise.reject(new Error('nothing is written')) });
    expect(cache.pageSymbolCount).toBe(expected);
    expect(cache.pageCount * cache.pageSymbolCount * 1184).toBeLessThanOrEqual(8 * 2 ** 20);
  });

  it('collects runs of as many blocks as an object of 10 GB has', async () => {
    const [blockCount, blockSymbols] = [413, 20_480];
    const geometry = geometryOf(blockCount * blockSymbols * 1184, 1184, blockCount);
    const lengths: number[] = [];
    const direct = { isReady: true, write: (bytes: Uint8Array) => lengths.push(bytes.length / 1184) };
    const cache = new PageCache({ geometry, direct, writeAt: () => Promise.reject(new Error('not direct')) });
    const symbol = new Uint8Array(1184);
    for (let run = 0; run < 20; run++) {
      for (let block = 0; block < blockCount; block++) {
        for (let i = 0; i < 4; i++) expect(cache.put(block * blockSymbols + run * 4 + i, symbol, 0, 1184)).toBe(true);
      }
    }
    await cache.drain();
    const total = lengths.reduce((sum, length) => sum + length, 0);
    expect(total).toBe(20 * 4 * blockCount);
    expect(total / lengths.length).toBeGreaterThan(7);
  });

  it('lets others have turns while it is drained', async () => {
    const geometry = geometryOf(8 * 2 ** 20, 1024, 1);
    let pagesInTurn = 0;
    let most = 0;
    const write = () => {
      if (pagesInTurn++ === 0)
        setImmediate(() => {
          most = Math.max(most, pagesInTurn);
          pagesInTurn = 0;
        });
    };
    const direct = { isReady: true, write };
    const options = { geometry, pageSymbolCount: 64, pageCount: 128, direct };
    const cache = new PageCache({ ...options, writeAt: () => Promise.reject(new Error('not direct')) });
    const symbol = new Uint8Array(1024);
    for (let place = 0; place < 64 * 64; place += 64) expect(cache.put(place, symbol, 0, 1024)).toBe(true);
    await cache.drain();
    await new Promise(setImmediate);
    expect(most).toBe(16);
  });

  it('waits at a release only for the released symbols', async () => {
    const { cache, state, endWrite } = slowCache();
    cache.put(0, Buffer.from('a'), 0, 1);
    await cache.release(1, 3);
    expect(state.endedCount).toBe(0);
    const drained = cache.drain();
    await endWrite();
    await drained;
  });
});

describe('a page cache with a direct writer', () => {
  it('has written a full page when put returns', () => {
    const file = Buffer.alloc(4);
    const cache = new PageCache({
      geometry: geometryOf(4, 1, 1),
      pageSymbolCount: 2,
      pageCount: 2,
      writeAt: () => Promise.reject(new Error('not this way')),
      direct: { isReady: true, write: (bytes, position) => file.set(bytes, position) },
    });
    for (const [place, text] of [...'abcd'].entries()) expect(cache.put(place, Buffer.from(text), 0, 1)).toBe(true);
    expect(file.toString()).toBe('abcd');
  });

  it('leaves the last bytes of every place in the file, whichever way each page was written', async () => {
    const aStep = fc.record({ place: fc.nat(31), value: fc.nat(255), isReady: fc.boolean(), hasTurn: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { maxLength: 200 }), async (steps) => {
        const [file, model] = [Buffer.alloc(32), Buffer.alloc(32)];
        const direct = {
          isReady: true,
          write: (bytes: Uint8Array, position: number) => void file.set(bytes, position),
        };
        const writeAt = async (bytes: Uint8Array, position: number) => {
          await new Promise(setImmediate);
          file.set(bytes, position);
        };
        const cache = new PageCache({
          geometry: geometryOf(32, 1, 1),
          pageSymbolCount: 4,
          pageCount: 3,
          writeAt,
          direct,
        });
        for (const { place, value, isReady, hasTurn } of steps) {
          direct.isReady = isReady;
          if (cache.put(place, Uint8Array.of(value), 0, 1)) model[place] = value;
          if (hasTurn) await new Promise(setImmediate);
        }
        await cache.drain();
        expect(file).toEqual(model);
      }),
    );
  });

  it('keeps the bytes that a direct write has not written, and refuses symbols until they are in the file', async () => {
    const file = Buffer.alloc(2);
    let isFull = true;
    const cache = new PageCache({
      geometry: geometryOf(2, 1, 1),
      pageSymbolCount: 1,
      pageCount: 2,
      writeAt: () => Promise.reject(new Error('not this way')),
      direct: {
        isReady: true,
        write: (bytes, position) => {
          if (isFull) throw new Error('full');
          file.set(bytes, position);
        },
      },
    });
    expect(cache.put(0, Buffer.from('a'), 0, 1)).toBe(true);
    expect(cache.put(1, Buffer.from('b'), 0, 1)).toBe(false);
    await expect(cache.drain()).rejects.toThrow('full');
    isFull = false;
    await cache.drain();
    expect(cache.put(1, Buffer.from('b'), 0, 1)).toBe(true);
    expect(file.toString()).toBe('ab');
  });
});
