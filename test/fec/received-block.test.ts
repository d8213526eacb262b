import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ESI } from '../../dist/base/limits.js';
import { BlockEncoder, openReceivedBlock } from '../../dist/fec/index.js';
import { pick, randomBytes, randomFrom } from './samples.js';

/** Opens a block, puts the symbols of an encoder into their rows, and solves it. */
function solved(encoder: BlockEncoder, esis: Int32Array): Uint8Array | undefined {
  const { code, symbolBytes } = encoder;
  // The encoder uses the same kernel, so it goes first.
  const symbols = Array.from(esis, (esi) => {
    const symbol = new Uint8Array(symbolBytes);
    if (esi >= 0) encoder.encode(esi, symbol);
    return symbol;
  });
  const memory = openReceivedBlock(code.sourceCount, symbolBytes, esis);
  if (memory === undefined) return undefined;
  const { rows, rowOf, strideBytes } = memory;
  for (const [index, esi] of esis.entries()) {
    if (esi >= 0) rows.set(symbols[index]!, rowOf[index]! * strideBytes);
  }
  return memory.solve();
}

describe('a received block in the memory of the kernel', () => {
  it('is solved from any K + 2 symbols in any places, after blocks of other sizes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 61, max: 1500 })),
        fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(32, 512, 1184)),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(5),
        fc.integer(),
        (sourceCount, symbolBytes, lossRatio, emptyCount, seed) => {
          const random = randomFrom(seed);
          const source = randomBytes(sourceCount * symbolBytes, seed);
          const encoder = BlockEncoder.fromSource(source, symbolBytes);
          const lost = Math.round(lossRatio * sourceCount);
          const repair = pick(lost + 2, MAX_ESI - sourceCount, random).map((esi) => sourceCount + esi);
          const received = [...pick(sourceCount - lost, sourceCount, random), ...repair];
          const places = pick(received.length, received.length + emptyCount, random);
          const esis = new Int32Array(received.length + emptyCount).fill(-1);
          for (const [i, place] of places.entries()) esis[place] = received[i]!;
          expect(Buffer.compare(solved(encoder, esis)!, source)).toBe(0);
        },
      ),
      { numRuns: 150, seed: 11 },
    );
  });

  it.each([
    ['many', 101, (i: number) => (i < 20 ? i : 300 + i)],
    ['few', 102, (i: number) => (i < 98 ? i : 300 + i)],
  ])(
    'is solved with the plan of the block before when %s symbols are missing, until another plan was made',
    (_, otherCount, esiOf) => {
      const esis = Int32Array.from({ length: 102 }, (_, i) => esiOf(i));
      const sourceOf = (seed: number) => randomBytes(100 * 64, seed);
      const restored = (seed: number) => solved(BlockEncoder.fromSource(sourceOf(seed), 64), esis)!.slice();
      for (const seed of [1, 2]) expect(restored(seed)).toEqual(sourceOf(seed));
      // A block of a size that this thread has not met yet, which has a plan of its own.
      BlockEncoder.fromSource(randomBytes(otherCount * 64, 3), 64);
      expect(restored(4)).toEqual(sourceOf(4));
    },
  );

  it('keeps symbols in the rows of their places as far as it can, so that they are read together', () => {
    const esis = Int32Array.of(0, 1, 70, 71, 4, 5, 2, 7, 72, 9, 73);
    const { rowOf } = openReceivedBlock(10, 1184, esis)!;
    // ESI 2 takes the row of 70. 70 then takes a free one, and the rest stays.
    expect([...rowOf]).toEqual([0, 1, 6, 3, 4, 5, 2, 7, 8, 9, 10]);
  });

  it('is refused, and needs no symbol for that, when its symbols are too few', () => {
    const encoder = BlockEncoder.fromSource(randomBytes(640, 1), 16);
    expect(solved(encoder, new Int32Array(40).fill(-1))).toBeUndefined();
    expect(
      solved(
        encoder,
        Int32Array.from({ length: 50 }, (_, i) => (i < 39 ? 100 + i : -1)),
      ),
    ).toBeUndefined();
  });

  it.each([
    ['two repair symbols of one ESI', [0, 1, 2, 50, 50]],
    ['two source symbols of one ESI', [0, 1, 1, 50]],
    ['an ESI out of range', [0, 1, 2, 2 ** 24]],
    ['an ESI below −1', [0, 1, 2, -2]],
    ['fewer places than symbols', [0, 1, 2]],
  ])('is refused with %s', (_, esis) => {
    const open = () => openReceivedBlock(4, 16, Int32Array.from(esis));
    expect(open).toThrow(expect.objectContaining({ code: 'FEC_INVALID', hint: expect.any(String) }));
  });
});
