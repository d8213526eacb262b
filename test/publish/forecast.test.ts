import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { planOf } from '../../dist/fleet/plan.js';
import { forecastOf } from '../../dist/publish/forecast.js';

const MB = 1e6;

/** The forecast of the object `a` of a fleet in YAML; its file has `sizeBytes`. */
function forecast(object: string, servers: string, sizeBytes: number | undefined) {
  const text = `fleet: f\nblockSymbols: 16384\nobjects: { a: { file: a, version: 1, ${object} } }\nservers: ${servers}\n`;
  const fleet = parseFleet(text, '/f');
  return forecastOf(
    fleet,
    planOf(fleet, () => sizeBytes),
  ).objects[0]!;
}

describe('the forecast of a fleet', () => {
  const ladder = 'ladder: { from: 1Mbit, to: 13.4Mbit }';

  it('with a code has an overhead below 1 % at every level up to 10 % loss, and no duplicates at more than 10 % loss', () => {
    for (const servers of ['{ x: }', '{ x: , y: , z:  }']) {
      const { levels } = forecast(ladder, servers, 100 * MB);
      expect(levels).toHaveLength(12);
      for (const { expected, maxLossRatio } of levels) {
        expect(expected.map(({ lossRatio }) => lossRatio)).toEqual([0, 0.01, 0.1]);
        for (const { overhead } of expected) expect(overhead).toBeLessThan(0.01);
        expect(maxLossRatio).toBeGreaterThan(0.49);
      }
    }
  });

  it('is longer by lost and superfluous symbols', () => {
    const { levels } = forecast(ladder, '{ x: }', 100 * MB);
    for (const { seconds, expected } of levels) {
      for (const { lossRatio, overhead, seconds: longer } of expected) {
        expect(longer / ((seconds! * (1 + overhead)) / (1 - lossRatio))).toBeCloseTo(1, 4);
      }
    }
  });

  it('in mode best divides the object among servers of one channel, with a code and without', () => {
    for (const code of ['raptorq', 'none']) {
      const { levels } = forecast(`code: ${code}, mode: best, ${ladder}`, '{ x: , y: }', 100 * MB);
      for (const { expected } of levels) expect(expected[0]!.overhead).toBeLessThan(0.01);
    }
  });

  it('counts a channel once for each server that sends it', () => {
    const { levels } = forecast('channels: [{ rate: 1Mbit }, { rate: 1Mbit }]', '{ x: , y: { channels: [1] } }', MB);
    // The first channel sends two blocks without repeating a symbol, the second one four. A receiver of both needs a third of a block
    // from each of three channels.
    expect(levels[0]!.maxLossRatio).toBeCloseTo(1 - 1 / 2, 2);
    expect(levels[1]!.maxLossRatio).toBeCloseTo(1 - 1 / 3 / 2, 2);
  });

  it('is empty without the file, and zero seconds for an empty file', () => {
    const missing = forecast(ladder, '{ x: }', undefined);
    expect(missing).toMatchObject({ sizeBytes: null, blockCount: null, warnings: [] });
    for (const level of missing.levels) expect(level).toMatchObject({ expected: [], maxLossRatio: null });
    const empty = forecast(ladder, '{ x: }', 0);
    expect(empty.levels[0]!.expected[2]).toEqual({ lossRatio: 0.1, overhead: 0, seconds: 0 });
  });

  it('warns of a server that repeats another one, at every level that receives both', () => {
    const written = forecast(
      'code: none, channels: [{ rate: 1Mbit }]',
      '{ x: { offset: 10% }, y: { offset: 10% } }',
      MB,
    );
    expect(written.warnings).toHaveLength(1);
    expect(written.warnings[0]!.costRatio).toBeCloseTo(1, 1);
    expect(forecast('channels: [{ rate: 1Mbit, offset: 1% }]', '{ x: , y: { offset: 0% } }', MB).warnings).toEqual([]);
  });
});
