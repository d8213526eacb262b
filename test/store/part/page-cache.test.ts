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
