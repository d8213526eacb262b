import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partition } from '../../dist/fec/index.js';

it('divides all symbols into parts that differ by one at most, long parts first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 16 }), (total, partCount) => {
      const { longCount, longSize, shortCount, shortSize } = partition(total, partCount);
      expect(longCount * longSize + shortCount * shortSize).toBe(total);
      expect(longCount + shortCount).toBe(partCount);
      expect([0, 1]).toContain(longSize - shortSize);
    }),
    { seed: 1 },
  );
});

it('follows the example of ten symbols in three blocks', () => {
  expect(partition(10, 3)).toEqual({ longSize: 4, shortSize: 3, longCount: 1, shortCount: 2 });
});
