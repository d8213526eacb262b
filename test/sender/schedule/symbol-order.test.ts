import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockSymbolCount, firstSymbolOf, type Geometry, geometryOf } from '../../../dist/object/geometry.js';
import { RUN_SYMBOLS } from '../../../dist/sender/schedule/ring.js';
import {
  ArcOrder,
  arcPosition,
  codedSymbolLength,
  FileOrder,
  type SymbolOrder,
} from '../../../dist/sender/schedule/symbol-order.js';

const geometries = fc
  .record({
    sizeBytes: fc.integer({ min: 1, max: 5000 }),
    symbolBytes: fc.integer({ min: 10, max: 300 }),
    blockCount: fc.integer({ min: 1, max: 7 }),
  })
  .map(({ sizeBytes, symbolBytes, blockCount }) =>
    geometryOf(sizeBytes, symbolBytes, Math.min(blockCount, Math.ceil(sizeBytes / symbolBytes))),
  );

const arcs = fc
  .record({ firstEsi: fc.nat(2 ** 23), runCount: fc.integer({ min: 1, max: 6 }) })
  .map(({ firstEsi, runCount }) => ({ firstEsi, symbolCount: runCount * RUN_SYMBOLS }));

/** The next `count` symbols. */
function take(order: SymbolOrder, count: number): { block: number; esi: number; length: number }[] {
  return Array.from({ length: count }, () => {
    const { block, esi, length } = order;
    order.advance();
    return { block, esi, length };
  });
}

const text = ({ block, esi }: { block: number; esi: number }) => `${block}/${esi}`;

describe('the order of an arc', () => {
  it('has every symbol of the arc in every block once a round, in the same order each round', () => {
    fc.assert(
      fc.property(geometries, arcs, fc.nat(100_000), (geometry, arc, position) => {
        const count = arc.symbolCount * geometry.blockCount;
        const order = new ArcOrder(geometry, arc, position);
        const round = take(order, count).map(text);
        const all = Array.from({ length: geometry.blockCount }, (_, block) =>
          Array.from({ length: arc.symbolCount }, (_, i) => text({ block, esi: arc.firstEsi + i })),
        );
        expect(round.toSorted()).toEqual(all.flat().toSorted());
        expect(take(order, count).map(text)).toEqual(round);
      }),
    );
  });

  it('is the same from any position on', () => {
    fc.assert(
      fc.property(geometries, arcs, fc.nat(1000), fc.nat(1000), (geometry, arc, position, steps) => {
        const early = new ArcOrder(geometry, arc, position);
        take(early, steps);
        expect(take(early, 50)).toEqual(take(new ArcOrder(geometry, arc, position + steps), 50));
      }),
    );
  });

  it('has runs of consecutive symbols, each of the next block, so that all blocks grow together', () => {
    const geometry = geometryOf(9000, 10, 3);
    const arc = { firstEsi: 0, symbolCount: 2 * RUN_SYMBOLS };
    const runs = take(new ArcOrder(geometry, arc, 0), 6 * RUN_SYMBOLS);
    const firsts = runs.filter((_, i) => i % RUN_SYMBOLS === 0).map(text);
    const next = RUN_SYMBOLS;
    expect(firsts).toEqual(['0/0', '1/0', '2/0', `0/${next}`, `1/${next}`, `2/${next}`]);
    for (let i = 1; i < RUN_SYMBOLS; i++) expect(runs[i]).toEqual({ block: 0, esi: i, length: 10 });
  });

  it('begins with another block in each arc, so that servers in step by the clock do not all send the same block', () => {
    const geometry = geometryOf(8000, 10, 8);
    const blocks = Array.from({ length: 8 }, (_, server) => {
      const arc = { firstEsi: server * 8000, symbolCount: 8000 };
      return new ArcOrder(geometry, arc, 0).block;
    });
    expect(new Set(blocks).size).toBeGreaterThanOrEqual(5);
  });
});

describe('the length of a coded symbol', () => {
  it('is full, except for the last source symbol of the object', () => {
    fc.assert(
      fc.property(geometries, (geometry) => {
        const lastBlock = geometry.blockCount - 1;
        const lastEsi = blockSymbolCount(geometry, lastBlock) - 1;
        for (let block = 0; block <= lastBlock; block++) {
          const sourceCount = blockSymbolCount(geometry, block);
          for (const esi of [0, sourceCount - 1, sourceCount, sourceCount + 1, 2 ** 24 - 1]) {
            const isLast = block === lastBlock && esi === lastEsi;
            const left = geometry.sizeBytes - (geometry.symbolCount - 1) * geometry.symbolBytes;
            expect(codedSymbolLength(geometry, block, esi)).toBe(isLast ? left : geometry.symbolBytes);
          }
        }
      }),
    );
  });
});

describe('the position in an arc at a moment of wall-clock time', () => {
  const geometry = geometryOf(1_000_000, 100, 5);
  const arc = { firstEsi: 0, symbolCount: 40_000 };
  const round = arc.symbolCount * geometry.blockCount;
  const NOW_US = 1.78e15;

  it('moves by one symbol each interval, so that a server that restarts continues where it would have been', () => {
    fc.assert(
      fc.property(fc.double({ min: 10, max: 1e6, noNaN: true }), fc.nat(100_000), (intervalUs, elapsed) => {
        const before = arcPosition(arc, geometry, 0.25, intervalUs, NOW_US);
        const after = arcPosition(arc, geometry, 0.25, intervalUs, NOW_US + elapsed * intervalUs);
        const moved = (after - before + round) % round;
        // Where the division is rounded, the position may change a fraction of a microsecond early or late.
        expect(Math.abs(moved - (elapsed % round))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('differs between two hosts by the difference of their clocks', () => {
    const intervalUs = 500;
    for (const apartUs of [0, 500, 5_000_000, 3_600_000_000]) {
      const one = arcPosition(arc, geometry, 0, intervalUs, NOW_US);
      const other = arcPosition(arc, geometry, 0, intervalUs, NOW_US + apartUs);
      expect((other - one + round) % round).toBe((apartUs / intervalUs) % round);
    }
  });

  it('is moved by the start offset, a share of the arc, and wraps at its end', () => {
    const at = (startRatio: number) => arcPosition(arc, geometry, startRatio, 500, NOW_US);
    expect((at(0.5) - at(0) + round) % round).toBe(round / 2);
    expect(at(1.25)).toBe(at(0.25));
    expect(at(1)).toBe(at(0));
  });

  it('lies within the arc at any time of the clock', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.double({ min: 0, max: 4, noNaN: true }), (wallUs, startRatio) => {
        const position = arcPosition(arc, geometry, startRatio, 0.1, wallUs);
        expect(Number.isInteger(position) && position >= 0 && position < round).toBe(true);
      }),
    );
  });
});

describe('the order of a file without a code', () => {
  it('is the file in order, block by block, from a given symbol on, again and again', () => {
    fc.assert(
      fc.property(geometries, fc.nat(100_000), (geometry: Geometry, first) => {
        const visited = take(new FileOrder(geometry, first), geometry.symbolCount + 1);
        for (const [i, { block, esi, length }] of visited.entries()) {
          const symbol = (first + i) % geometry.symbolCount;
          expect(firstSymbolOf(geometry, block) + esi).toBe(symbol);
          expect(esi).toBeLessThan(blockSymbolCount(geometry, block));
          const isLast = symbol === geometry.symbolCount - 1;
          const left = geometry.sizeBytes - symbol * geometry.symbolBytes;
          expect(length).toBe(isLast ? left : geometry.symbolBytes);
        }
      }),
    );
  });
});
