import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRing, type RingOptions, RUN_SYMBOLS } from '../../../dist/sender/schedule/ring.js';

/** Any ladder that a fleet file can hold. */
const ladders = fc.record({
  blockSymbolCount: fc.integer({ min: 1, max: 56_403 }),
  mode: fc.constantFrom('several' as const, 'best' as const),
  rates: fc.array(fc.double({ min: 100, max: 100e9, noNaN: true }), { minLength: 1, maxLength: 32 }),
  serverCount: fc.integer({ min: 1, max: 255 }),
});

describe('the ring of coded symbols', () => {
  it('gives each channel of each server an arc of whole runs, and no ESI to two of them', () => {
    fc.assert(
      fc.property(ladders, (options) => {
        const ring = planRing(options);
        expect(ring.map((arcs) => arcs.length)).toEqual(Array(options.serverCount).fill(options.rates.length));
        const arcs = ring.flat().toSorted((a, b) => a.firstEsi - b.firstEsi);
        const ends = arcs.map(({ firstEsi, symbolCount }) => firstEsi + symbolCount);
        expect(arcs.filter(({ firstEsi }, i) => firstEsi < (ends[i - 1] ?? 0))).toEqual([]);
        expect(arcs.filter(({ symbolCount }) => symbolCount < 1 || symbolCount % RUN_SYMBOLS !== 0)).toEqual([]);
        expect(ends.at(-1)).toBeLessThanOrEqual(2 ** 24);
      }),
      {
        numRuns: 300,
        examples: [
          // With many servers, less than a run is left for each slow channel.
          [
            {
              blockSymbolCount: 5693,
              mode: 'several',
              rates: [13411, 25436479, 420353888, 100, 100, 100],
              serverCount: 213,
            },
          ],
        ],
      },
    );
  });

  it('gives every server the same number of ESIs', () => {
    fc.assert(
      fc.property(ladders, (options) => {
        const sizes = planRing(options).map((arcs) => arcs.map(({ symbolCount }) => symbolCount).join());
        expect(new Set(sizes).size).toBe(1);
      }),
      { numRuns: 100 },
    );
  });

  it('gives the source symbols to channel 0 of the first server', () => {
    expect(planRing(ladder('several', [1, 1]))[0]![0]!.firstEsi).toBe(0);
  });

  it('gives a channel eight times what a receiver needs of it, in mode several', () => {
    const [arcs] = planRing(ladder('several', [1e6, 1e6, 2e6]));
    expect(arcs!.map(({ symbolCount }) => symbolCount)).toEqual([8 * 1600, 4 * 1600, 4 * 1600]);
  });

  it('gives every channel eight times the object in mode best', () => {
    const [arcs] = planRing(ladder('best', [1e6, 1e6, 2e6]));
    expect(arcs!.map(({ symbolCount }) => symbolCount)).toEqual([8 * 1600, 8 * 1600, 8 * 1600]);
  });

  it('shortens all arcs in proportion when there are too few ESIs for many servers', () => {
    const options = { ...ladder('several', [1e6, 3e6]), blockSymbolCount: 32_768, serverCount: 200 };
    const [arcs] = planRing(options);
    const sum = arcs!.reduce((total, { symbolCount }) => total + symbolCount, 0);
    expect(sum * 200).toBeGreaterThan(0.99 * 2 ** 24);
    expect(arcs![1]!.symbolCount / arcs![0]!.symbolCount).toBeCloseTo(0.75, 2);
  });
});

function ladder(mode: RingOptions['mode'], rates: readonly number[]): RingOptions {
  return { blockSymbolCount: 1600, mode, rates, serverCount: 1 };
}
