import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockCountFor,
  blockLength,
  blockOf,
  blockOffset,
  blockSymbolCount,
  firstSymbolOf,
  geometryOf,
  isGeometry,
  symbolLength,
} from '../../dist/object/geometry.js';

const objects = fc
  .record({ symbolCount: fc.integer({ min: 1, max: 5000 }), symbolBytes: fc.integer({ min: 1, max: 64 }) })
  .chain(({ symbolCount, symbolBytes }) =>
    fc.record({
      sizeBytes: fc.integer({ min: (symbolCount - 1) * symbolBytes + 1, max: symbolCount * symbolBytes }),
      symbolBytes: fc.constant(symbolBytes),
      blockCount: fc.integer({ min: 1, max: symbolCount }),
    }),
  );

describe('the geometry of an object', () => {
  it('gives every symbol to exactly one block, in order, with block lengths that differ by one at most', () => {
    fc.assert(
      fc.property(objects, ({ sizeBytes, symbolBytes, blockCount }) => {
        const geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
        const lengths = Array.from({ length: blockCount }, (_, block) => blockSymbolCount(geometry, block));
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
        expect(lengths.toSorted((a, b) => b - a)).toEqual(lengths);
        let symbol = 0;
        // An assertion for each symbol takes a second in all.
        const wrong: number[] = [];
        for (const [block, length] of lengths.entries()) {
          if (firstSymbolOf(geometry, block) !== symbol) wrong.push(symbol);
          for (let esi = 0; esi < length; esi++, symbol++) if (blockOf(geometry, symbol) !== block) wrong.push(symbol);
        }
        expect(wrong).toEqual([]);
        expect(symbol).toBe(geometry.symbolCount);
        expect(firstSymbolOf(geometry, blockCount)).toBe(symbol);
      }),
    );
  });

  it('covers every byte once, by symbols and by blocks', () => {
    fc.assert(
      fc.property(objects, ({ sizeBytes, symbolBytes, blockCount }) => {
        const geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
        let bytes = 0;
        for (let symbol = 0; symbol < geometry.symbolCount; symbol++) bytes += symbolLength(geometry, symbol);
        expect(bytes).toBe(sizeBytes);
        let offset = 0;
        const wrong: number[] = [];
        for (let block = 0; block < blockCount; block++) {
          if (blockOffset(geometry, block) !== offset) wrong.push(block);
          offset += blockLength(geometry, block);
        }
        expect(wrong).toEqual([]);
        expect(offset).toBe(sizeBytes);
      }),
    );
  });

  it('keeps offsets beyond 4 GiB exact', () => {
    const geometry = geometryOf(10 * 2 ** 30 + 1, 1184, blockCountFor(10 * 2 ** 30 + 1, 1184, 1024));
    const last = geometry.symbolCount - 1;
    expect(last * 1184 + symbolLength(geometry, last)).toBe(10 * 2 ** 30 + 1);
    expect(blockOf(geometry, last)).toBe(geometry.blockCount - 1);
  });

  it('knows the empty object, which has no blocks', () => {
    expect(geometryOf(0, 1184, 0)).toMatchObject({ symbolCount: 0, blockCount: 0 });
    expect(isGeometry(0, 1184, 1)).toBe(false);
  });

  it.each([
    [-1, 1184, 1],
    [1.5, 1184, 1],
    [Number.NaN, 1184, 1],
    [2 ** 48, 1184, 1],
    [100, 0, 1],
    [100, 9000, 1],
    [100, 1184, 0],
    [100, 1184, 2],
    [56_404 * 16, 16, 1],
  ])('refuses %d bytes in symbols of %d and %d blocks', (sizeBytes, symbolBytes, blockCount) => {
    expect(isGeometry(sizeBytes, symbolBytes, blockCount)).toBe(false);
  });
});
