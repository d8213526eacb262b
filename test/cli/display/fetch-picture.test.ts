import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curve } from '../../../dist/cli/display/curve.js';
import { fetchPicture, progressLines } from '../../../dist/cli/display/fetch-picture.js';
import { progress } from './progress.js';

describe('the progress of a fetch', () => {
  it('says how much, how fast, how long yet; on what level, with what queue and loss; from whom; and draws a map', () => {
    const [numbers, path, map] = progressLines(progress, 100);
    expect(numbers).toBe('84 %  42.1 MB of 50 MB  3.4 Mbit/s  19 s left');
    expect(path).toBe('level 3 of 4, 4 Mbit/s  queue 12 ms  loss 1.2 %  capacity 5 Mbit/s');
    expect(map).toMatch(/^▕█+▒+ +▏ channels 0–2 from alpha, beta$/);
  });

  it('counts levels as the event does, and does not mention a capacity that has not been measured', () => {
    const path = (level: number) =>
      progressLines({ ...progress, level, levelCount: 3, capacityBitsPerSecond: undefined }, 80)[1];
    expect([1, 2, 3, 0].map(path)).toEqual(
      [1, 2, 3, 0].map((level) => `level ${level} of 3, 4 Mbit/s  queue 12 ms  loss 1.2 %`),
    );
  });

  it('never needs more columns than the terminal has, nor ends at the last', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 200 }),
        fc.array(fc.string({ minLength: 1, maxLength: 63 }), { maxLength: 9 }),
        (columns, servers) => {
          for (const line of progressLines({ ...progress, servers }, columns)) {
            expect([...line].length).toBeLessThan(columns);
          }
        },
      ),
    );
  });

  it('waits for data where nothing comes, and for nothing where there is nothing to get', () => {
    const waiting = { ...progress, bytes: 0, etaMs: undefined, servers: [], channels: [] };
    expect(progressLines(waiting, 80)[0]).toContain('waiting for data');
    expect(progressLines({ ...waiting, rateBitsPerSecond: 0 }, 80)[0]).not.toContain('bit/s');
    expect(progressLines(waiting, 80)[2]).toContain('from no server yet');
    expect(progressLines({ ...waiting, totalBytes: 0 }, 80)[0]).toContain('100 %');
  });
});

describe('the picture of a fetch', () => {
  const rates = Array.from({ length: 100 }, (_, i) => (i < 50 ? 1e6 : 4e6));
  const levels = rates.map((rate) => (rate < 2e6 ? 1 : 3));
  const steps = Array.from({ length: 12 }, (_, i) => `${i}.0 s  reason ${i}`);

  it('has numbers, map, curves of rate and level, and decisions, on 80 × 24', () => {
    const lines = fetchPicture({ progress, rates, levels, steps }, 80, 24);
    expect(lines).toEqual([
      '84 %  42.1 MB of 50 MB  3.4 Mbit/s  19 s left',
      'level 3 of 4, 4 Mbit/s  queue 12 ms  loss 1.2 %  capacity 5 Mbit/s',
      expect.stringMatching(/^▕█{20}▒{9,10} {9,10}▏ channels 0–2 from alpha, beta$/),
      `   4 Mbit/s ${' '.repeat(17)}${'█'.repeat(50)}`,
      ' '.repeat(12 + 17) + '█'.repeat(50),
      ' '.repeat(12 + 17) + '█'.repeat(50),
      `          0 ${'█'.repeat(67)}`,
      `      level ${'1'.repeat(17)}${'3'.repeat(50)}`,
      ...steps,
    ]);
    expect(lines.length).toBeLessThan(24);
  });

  it('leaves out what has no room: curves where it is narrow, older decisions and then curves where it is low', () => {
    const picture = { progress, rates, levels, steps };
    expect(fetchPicture(picture, 30, 24).filter((line) => line.includes('level 1'))).toEqual([]);
    expect(fetchPicture(picture, 80, 8).slice(3)).toEqual(steps.slice(-3));
    expect(fetchPicture(picture, 80, 9).slice(3)).toEqual([
      expect.stringMatching(/^ {3}4 Mbit\/s .*█$/),
      expect.stringMatching(/^ {6}level 1+3+$/),
      ...steps.slice(-3),
    ]);
    expect(fetchPicture(picture, 80, 4)).toHaveLength(3);
    expect(fetchPicture(picture, 80, 1)).toHaveLength(1);
  });

  it('never needs as many columns or rows as the terminal has', () => {
    fc.assert(
      fc.property(
        fc.record({
          columns: fc.integer({ min: 20, max: 300 }),
          rows: fc.integer({ min: 2, max: 60 }),
          rates: fc.array(fc.nat(1e9), { minLength: 1, maxLength: 400 }),
          steps: fc.array(fc.string(), { maxLength: 12 }),
        }),
        ({ columns, rows, rates: some, steps: texts }) => {
          const picture = { progress, rates: some, levels: some.map((rate) => rate % 20), steps: texts };
          const lines = fetchPicture(picture, columns, rows);
          expect(lines.length).toBeLessThan(rows);
          for (const line of lines) expect([...line].length).toBeLessThan(columns);
        },
      ),
    );
  });
});

describe('a curve', () => {
  it('has eight steps in each row, and the newest value at the right', () => {
    expect(curve([0, 1, 2, 3, 4, 5, 6, 7, 8], 8, 9, 1)).toEqual([' ▁▂▃▄▅▆▇█']);
    expect(curve([0, 4, 8, 12, 16], 16, 7, 2)).toEqual(['     ▄█', '   ▄███']);
    expect(curve([9, 1], 1, 1, 1)).toEqual(['█']);
    expect(curve([0, 0], 0, 3, 1)).toEqual(['   ']);
  });
});
