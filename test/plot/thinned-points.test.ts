import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ThinnedPoints } from '../../dist/plot/thinned-points.js';

function lineOf(values: Iterable<number>): ThinnedPoints {
  const line = new ThinnedPoints();
  let x = 0;
  for (const value of values) line.add(x++, value);
  return line;
}

describe('a line of any length', () => {
  it('keeps all of a short one', () => {
    const values = Array.from({ length: 4000 }, (_, i) => Math.sin(i));
    expect(lineOf(values).points).toEqual(values.map((y, x) => [x, y]));
  });

  it('keeps its ends and every peak of a long one, in bounded room', () => {
    const length = 200_000;
    const peaks = new Map([
      [77_777, 99],
      [133_333, -99],
    ]);
    const values = Array.from({ length }, (_, x) => peaks.get(x) ?? Math.sin(x / 1000));
    const { points } = lineOf(values);
    expect(points.length).toBeLessThanOrEqual(4096);
    expect(points[0]).toEqual([0, values[0]]);
    expect(points.at(-1)).toEqual([length - 1, values.at(-1)]);
    for (const peak of peaks) expect(points).toContainEqual(peak);
    for (const [x, y] of points) expect(values[x]).toBe(y);
    const xs = points.map(([x]) => x);
    expect(xs).toEqual(xs.toSorted((a, b) => a - b));
  });

  it('stays bounded however its points lie', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0, 1, 1000, 1e9), { minLength: 1, maxLength: 50 }), (steps) => {
        const line = new ThinnedPoints();
        let x = 0;
        for (let i = 0; i < 9000; i++) {
          x += steps[i % steps.length]!;
          line.add(x, i % 7 === 0 ? Number.NaN : i);
          expect(line.points.length).toBeLessThanOrEqual(4096);
        }
        expect(line.points.at(-1)![0]).toBe(x);
      }),
      { numRuns: 10 },
    );
  });

  it('moves only its last point', () => {
    const line = lineOf([1, 2]);
    line.moveLast(5);
    expect(line.points).toEqual([
      [0, 1],
      [1, 5],
    ]);
    new ThinnedPoints().moveLast(1);
  });
});
