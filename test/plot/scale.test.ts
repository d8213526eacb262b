import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearScale, numberText, rootScale, roundRange } from '../../dist/plot/scale.js';
import { timeAxis } from '../../dist/plot/time-axis.js';

describe('an even scale', () => {
  it('has round ticks within its range, about as many as asked for', () => {
    const positive = fc.double({ min: 1e-3, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(positive, fc.integer({ min: 3, max: 12 }), (largest, tickCount) => {
        const { ticks } = linearScale([0, largest], 0, 500, tickCount);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBeLessThanOrEqual(largest * (1 + 1e-9));
        expect(ticks.length).toBeLessThanOrEqual(tickCount + 1);
        expect(ticks.length).toBeGreaterThan(tickCount / 2.5);
        expect(numberText(ticks[1]! / 10 ** Math.floor(Math.log10(ticks[1]! * (1 + 1e-9))))).toMatch(/^(1|2|5)$/);
      }),
    );
  });

  it('reaches to the next round number', () => {
    expect(roundRange([3, 29])).toEqual([0, 30]);
    expect(roundRange([-7])).toEqual([-8, 0]);
    expect(roundRange([])).toEqual([0, 1]);
  });
});

describe('a scale of square roots', () => {
  it('gives small shares room, and always names 0', () => {
    const { at, ticks } = rootScale(40, 100, 0);
    expect([at(0), at(50)]).toEqual([100, 0]);
    expect(at(0.5)).toBeCloseTo(90);
    expect(ticks).toEqual([0, 2, 10, 20, 50]);
  });

  it('keeps its ticks apart, whatever it has to show', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.integer({ min: 40, max: 300 }),
        (largest, height) => {
          const { at, ticks } = rootScale(largest, height, 0);
          expect(at(largest)).toBeGreaterThanOrEqual(-1e-9);
          expect(ticks[0]).toBe(0);
          for (const [index, tick] of ticks.entries()) {
            if (index > 0) expect(at(ticks[index - 1]!) - at(tick)).toBeGreaterThanOrEqual(15);
          }
        },
      ),
    );
  });
});

describe('an axis of time', () => {
  it.each<[number, string[]]>([
    [900, ['0', '0.2 s', '0.4 s', '0.6 s', '0.8 s']],
    [58_200, ['0', '10 s', '20 s', '30 s', '40 s', '50 s']],
    [600_000, ['0', '2 min', '4 min', '6 min', '8 min', '10 min']],
    [86_400_000, ['0', '5 h', '10 h', '15 h', '20 h']],
  ])('of %d ms counts in what people would', (lastMs, texts) => {
    const { scale, textOf } = timeAxis([0, lastMs], 0, 540);
    expect(scale.ticks.map(textOf)).toEqual(texts);
    expect(scale.at(lastMs)).toBeCloseTo(540);
  });

  it('is there even for a single moment', () => {
    const { scale } = timeAxis([0, 0], 50, 500);
    expect(scale.at(0)).toBe(50);
  });
});
