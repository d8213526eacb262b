import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteRanges } from '../../dist/object/byte-ranges.js';

const SIZE = 60;
const stretch = fc
  .tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 12 }))
  .map(([start, length]) => [start, Math.min(SIZE, start + length)] as const);

describe('a set of byte positions', () => {
  it('has what was added, as the fewest stretches in order', () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 40 }), stretch, (added, [from, to]) => {
        const ranges = new ByteRanges();
        const model = new Set<number>();
        for (const [start, end] of added) {
          expect(ranges.add(start, end)).toBe(true);
          for (let at = start; at < end; at++) model.add(at);
          expect(ranges.totalBytes).toBe(model.size);
        }
        const expected = [...Array(SIZE + 1).keys()]
          .filter((at) => model.has(at) && !model.has(at - 1))
          .map((start) => [start, [...Array(SIZE + 2).keys()].find((at) => at > start && !model.has(at))!]);
        expect([...ranges.ranges()]).toEqual(expected);
        expect(ranges.rangeCount).toBe(expected.length);
        const within = [...model].filter((at) => at >= from && at < to).length;
        expect(ranges.bytesWithin(from, to)).toBe(within);
      }),
    );
  });

  it('takes only what touches a stretch while it is full, and more when stretches have become one', () => {
    const ranges = new ByteRanges(2);
    expect([ranges.add(0, 2), ranges.add(10, 12)]).toEqual([true, true]);
    expect(ranges.add(20, 22)).toBe(false);
    expect(ranges.totalBytes).toBe(4);
    expect(ranges.add(2, 10)).toBe(true);
    expect(ranges.add(20, 22)).toBe(true);
    expect([...ranges.ranges()]).toEqual([
      [0, 12],
      [20, 22],
    ]);
    ranges.clear();
    expect([ranges.totalBytes, [...ranges.ranges()]]).toEqual([0, []]);
  });
});
