import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slab } from '../../dist/sender/slab.js';
import { datagramsIn } from './sent-datagrams.js';

const NO_LIMITS = { maxBatchCount: Number.POSITIVE_INFINITY, maxBatchBytes: Number.POSITIVE_INFINITY };
const MAX_BYTES = 9;

/** A slab whose entries have these lengths. Every byte of an entry is the entry's number. */
function slabOf(lengths: readonly number[], { margin = 0, from = 0 } = {}): Slab {
  const slab = new Slab(lengths.length, MAX_BYTES, margin);
  for (const [i, length] of lengths.entries()) {
    const start = slab.add(length);
    slab.bytes.fill(from + i, start, start + length);
  }
  return slab;
}

const lengthsOf = (slab: Slab) =>
  slab.batches(0, slab.count, NO_LIMITS).map((batch) => datagramsIn([batch]).map(({ length }) => length));

describe('a slab', () => {
  it.each([
    ['equal datagrams together', [5, 5, 5], [[5, 5, 5]]],
    [
      'one that is shorter at the end of a batch',
      [5, 5, 3, 5, 5],
      [
        [5, 5, 3],
        [5, 5],
      ],
    ],
    ['one that is longer into the next batch', [5, 7, 5, 5], [[5], [7, 5], [5]]],
    ['two that are shorter into two batches', [5, 3, 3, 5], [[5, 3], [3], [5]]],
    ['nothing into no batch', [], []],
  ])('puts %s', (_, lengths, batches) => {
    expect(lengthsOf(slabOf(lengths))).toEqual(batches);
  });

  it('makes batches of every datagram, once, in order, whatever their lengths, within the limits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: MAX_BYTES }), { maxLength: 40 }),
        fc.nat(40),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: MAX_BYTES, max: 40 }),
        (lengths, skipped, maxBatchCount, maxBatchBytes) => {
          const slab = slabOf(lengths);
          const first = Math.min(skipped, lengths.length);
          const batches = slab.batches(first, lengths.length, { maxBatchCount, maxBatchBytes });
          for (const { count, bytes, datagramBytes } of batches) {
            expect(count).toBeLessThanOrEqual(maxBatchCount);
            expect(bytes.length).toBeLessThanOrEqual(maxBatchBytes);
            expect(Math.ceil(bytes.length / datagramBytes)).toBe(count);
          }
          const expected = lengths.slice(first).map((length, i) => new Array(length).fill(first + i));
          expect(datagramsIn(batches).map((datagram) => [...datagram])).toEqual(expected);
        },
      ),
    );
  });

  it('takes the rest of another slab in front of its own datagrams, without a gap', () => {
    const [before, after] = [slabOf([5, 5, 2, 5, 5]), slabOf([5, 5, 4], { margin: 3, from: 5 })];
    after.putBefore(before, 2);
    const datagrams = datagramsIn(after.batches(-3, 3, NO_LIMITS)).map((datagram) => [datagram.length, datagram[0]]);
    expect(datagrams).toEqual([2, 5, 5, 5, 5, 4].map((length, i) => [length, i + 2]));
    const [, row] = after.batches(-3, 3, NO_LIMITS);
    expect(row).toMatchObject({ count: 5, datagramBytes: 5 });
  });

  it('begins again at entry 0 when it is cleared, and keeps the datagrams in front of entry 0', () => {
    const slab = slabOf([5, 5], { margin: 1 });
    slab.putBefore(slabOf([7]), 0);
    slab.clear();
    expect([slab.count, slab.isFull]).toEqual([0, false]);
    for (const length of [4, 4]) slab.add(length);
    expect([slab.isFull, slab.lengthOf(-1), ...lengthsOf(slab)]).toEqual([true, 7, [4, 4]]);
  });

  it('asks for consecutive symbols of a block in consecutive entries as one run', () => {
    const slab = new Slab(8, 60);
    const wanted: readonly (readonly [length: number, block?: number, esi?: number])[] = [
      [53, 0, 7],
      [53, 0, 8],
      [60],
      [53, 0, 9],
      [53, 1, 10],
      [53, 1, 12],
      // The last source symbol is short, so that the next symbol is nearer to it.
      [50, 1, 13],
      [53, 1, 14],
    ];
    for (const [length, block, esi] of wanted) {
      slab.add(length);
      if (block !== undefined && esi !== undefined) slab.wantSymbol(block, esi, 53);
    }
    expect([...slab.reads]).toEqual([
      { block: 0, firstEsi: 7, start: 48, count: 2 },
      { block: 0, firstEsi: 9, start: 2 * 53 + 60 + 48, count: 1 },
      { block: 1, firstEsi: 10, start: 3 * 53 + 60 + 48, count: 1 },
      { block: 1, firstEsi: 12, start: 4 * 53 + 60 + 48, count: 2 },
      { block: 1, firstEsi: 14, start: 5 * 53 + 60 + 50 + 48, count: 1 },
    ]);
  });
});
