import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Segments } from '../../../dist/publish/symbols/segments.js';
import { RUN_SYMBOLS } from '../../../dist/sender/schedule/ring.js';

it('segments cover all repair symbols of an arc one after the other, in nearly equal lengths', () => {
  const cases = fc.record({
    firstRun: fc.nat(100_000),
    runCount: fc.integer({ min: 1, max: 3000 }),
    sourceCount: fc.integer({ min: 1, max: 2000 }),
  });
  fc.assert(
    fc.property(cases, ({ firstRun, runCount, sourceCount }) => {
      const range = { firstEsi: firstRun * RUN_SYMBOLS, count: runCount * RUN_SYMBOLS };
      const segments = new Segments(range, sourceCount);
      let esi = range.firstEsi;
      let segment = 0;
      do {
        expect(segments.firstEsi(segment)).toBe(esi);
        const length = segments.lengthOf(segment);
        expect(length).toBeGreaterThan(0);
        expect(length).toBeLessThanOrEqual(segments.longest);
        expect(length).toBeGreaterThanOrEqual(segments.longest - RUN_SYMBOLS);
        for (const within of [0, Math.floor(length / 2), length - 1]) {
          expect(segments.has(esi + within)).toBe(true);
          expect(segments.of(esi + within)).toBe(segment);
        }
        esi += length;
        segment = segments.after(segment);
      } while (segment !== 0);
      expect(esi).toBe(range.firstEsi + range.count);
      expect([segments.has(range.firstEsi - 1), segments.has(esi)]).toEqual([false, false]);
      expect(segments.onward(esi - RUN_SYMBOLS)).toBe(range.firstEsi);
      expect(segments.distance(esi - RUN_SYMBOLS, range.firstEsi)).toBe(runCount === 1 ? 0 : RUN_SYMBOLS);
    }),
    { numRuns: 40 },
  );
});
