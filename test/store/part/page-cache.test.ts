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
