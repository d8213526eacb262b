import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { geometryOf } from '../../../dist/object/geometry.js';
import { planRing, RUN_SYMBOLS } from '../../../dist/sender/schedule/ring.js';
import {
  cycleSymbolCount,
  esiAt,
  freshSymbolCount,
  nextRepairEsi,
  piecesOf,
  repairRangeOf,
} from '../../../dist/sender/schedule/stretches.js';
import { ArcOrder } from '../../../dist/sender/schedule/symbol-order.js';

/** Arcs with source symbols and without. */
const arcs = fc
  .record({
    firstEsi: fc.nat(2 ** 23),
    runCount: fc.integer({ min: 1, max: 8 }),
    passes: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ firstEsi, runCount, passes }) => {
    const length = runCount * RUN_SYMBOLS;
    return passes === 1
      ? { firstEsi, symbolCount: length }
      : { firstEsi, symbolCount: passes * length + 2, stretchSymbolCount: length };
  });

describe('an arc in stretches', () => {
  it('has source symbols, repair symbols, source symbols, other repair symbols', () => {
    const arc = { firstEsi: 0, symbolCount: 16, stretchSymbolCount: 4 };
    const cycle = Array.from({ length: cycleSymbolCount(arc) }, (_, position) => esiAt(arc, position));
    expect(cycle).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 12, 13, 14, 15]);
  });

  it('never leaves the arc, and sends no symbol twice within the symbols that are always fresh', () => {
    fc.assert(
      fc.property(arcs, fc.nat(1000), (arc, start) => {
        const cycleCount = cycleSymbolCount(arc);
        const esis = Array.from({ length: freshSymbolCount(arc) }, (_, i) => esiAt(arc, (start + i) % cycleCount));
        expect(new Set(esis).size).toBe(esis.length);
        expect(Math.min(...esis)).toBeGreaterThanOrEqual(arc.firstEsi);
        expect(Math.max(...esis)).toBeLessThan(arc.firstEsi + arc.symbolCount);
      }),
    );
  });

  it('gives a receiver the same share of source symbols wherever it begins, in every block', () => {
    const geometry = geometryOf(3 * 800, 10, 3);
    const [[arc]] = planRing({ blockSymbolCount: 80, mode: 'several', rates: [1e6], serverCount: 1 }) as [[never]];
    fc.assert(
      fc.property(fc.nat(100_000), (position) => {
        const order = new ArcOrder(geometry, arc, position);
        const sourceCounts = [0, 0, 0];
        const seen = new Set<string>();
        for (let i = 0; i < 3 * 160; i++, order.advance()) {
          seen.add(`${order.block}/${order.esi}`);
          if (order.esi < 80) sourceCounts[order.block]!++;
        }
        expect(sourceCounts).toEqual([80, 80, 80]);
        expect(seen.size).toBe(3 * 160);
      }),
    );
  });

  it('has its repair symbols in one range, in order, and says which one comes next from any position', () => {
    const rings = fc.record({
      blockSymbolCount: fc.integer({ min: 1, max: 70 }),
      mode: fc.constantFrom('several', 'best'),
    });
    fc.assert(
      fc.property(rings, fc.nat(2), fc.nat(10_000), ({ blockSymbolCount, mode }, channel, from) => {
        const rates = [2e6, 1e6, 3e6];
        const arc = planRing({ blockSymbolCount, mode: mode as 'best', rates, serverCount: 1 })[0]![channel]!;
        const { firstEsi, count } = repairRangeOf(arc, blockSymbolCount);
        const cycleCount = cycleSymbolCount(arc);
        const cycle = Array.from({ length: cycleCount }, (_, position) => esiAt(arc, position));
        const repairs = cycle.filter((esi) => esi >= Math.ceil(blockSymbolCount / RUN_SYMBOLS) * RUN_SYMBOLS);
        expect(repairs).toEqual(Array.from({ length: count }, (_, i) => firstEsi + i));
        if (count === 0) return;
        const start = from % cycleCount;
        const next = [...cycle.slice(start), ...cycle].find((esi) => esi >= firstEsi);
        expect(nextRepairEsi(arc, start, blockSymbolCount)).toBe(next);
      }),
    );
  });

  it('in pieces has the symbols of the order', () => {
    fc.assert(
      fc.property(arcs, fc.nat(1000), fc.integer({ min: 1, max: 300 }), (arc, from, length) => {
        const start = from % cycleSymbolCount(arc);
        const pieces = piecesOf(arc, start, length);
        const esis = pieces.flatMap((piece) => Array.from({ length: piece.length }, (_, i) => piece.firstEsi + i));
        expect(esis).toEqual(Array.from({ length }, (_, i) => esiAt(arc, (start + i) % cycleSymbolCount(arc))));
        expect(pieces.map(({ time }) => time.from)).toEqual([0, ...pieces.slice(0, -1).map(({ time }) => time.until)]);
        expect(pieces.at(-1)!.time.until).toBe(1);
      }),
    );
  });
});

describe('the ring', () => {
  const stretchesOf = (mode: 'several' | 'best', rates: readonly number[], serverCount = 1, blockSymbolCount = 1602) =>
    planRing({ blockSymbolCount, mode, rates, serverCount }).map((channels) =>
      channels.map(({ stretchSymbolCount }) => stretchSymbolCount),
    );

  it('sends source symbols in stretches on the first channel of the first server only', () => {
    expect(stretchesOf('several', [3, 1], 2)).toEqual([
      [1604, undefined],
      [undefined, undefined],
    ]);
    expect(stretchesOf('best', [1, 3])).toEqual([[1604, undefined]]);
  });

  it('does not in a replicated ladder whose first channel is not the slowest: it could come round before receivers are done', () => {
    expect(stretchesOf('best', [3, 1])).toEqual([[undefined, undefined]]);
  });

  it('does not where ESIs are so few that an arc has no second stretch', () => {
    expect(stretchesOf('best', Array(32).fill(1), 255, 56_403).flat()).toEqual(Array(32 * 255).fill(undefined));
  });
});
