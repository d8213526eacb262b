import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ESI } from '../../dist/base/limits.js';
import { Placements } from '../../dist/object/placements.js';

/** Three chunks, the last short; operations near their borders. */
const SIZE = 2 * 4096 + 100;
const place = fc.oneof(fc.integer({ min: 4080, max: 4110 }), fc.integer({ min: 8180, max: SIZE - 1 }), fc.nat(30));
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), place, esi: fc.nat(40) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('setRun' as const), place, esi: fc.nat(40), count: fc.nat(20) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('removeRun' as const), place, count: fc.nat(5000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
);

/** A map from places to ESIs does what the record should. */
function runsOf(model: ReadonlyMap<number, number>): [number, number, number][] {
  const runs: [number, number, number][] = [];
  for (const [at, esi] of [...model].toSorted(([a], [b]) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[2] === at && last[1] + last[2] === esi) last[2]++;
    else runs.push([at, esi, 1]);
  }
  return runs;
}

setFlagsFromString('--expose-gc');
/** Memory that V8 has not yet taken back would count as memory in use. */
const collectGarbage: () => void = runInNewContext('gc');

describe('a record of guests', () => {
  it('behaves like a map from places to ESIs', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), place, fc.nat(5000), (steps, first, length) => {
        const placements = new Placements(SIZE);
        const model = new Map<number, number>();
        for (const step of steps) {
          if (step.kind === 'set') {
            placements.set(step.place, step.esi);
            model.set(step.place, step.esi);
          } else if (step.kind === 'setRun') {
            const count = Math.min(step.count, SIZE - step.place);
            placements.setRun([step.place, step.esi, count]);
            for (let i = 0; i < count; i++) model.set(step.place + i, step.esi + i);
          } else if (step.kind === 'removeRun') {
            const count = Math.min(step.count, SIZE - step.place);
            const before = model.size;
            for (let i = 0; i < count; i++) model.delete(step.place + i);
            expect(placements.removeRun(step.place, count)).toBe(before - model.size);
          } else {
            placements.clear();
            model.clear();
          }
        }
        expect(placements.count).toBe(model.size);
        expect([...placements.runs()]).toEqual(runsOf(model));
        const wrong = Array.from({ length: SIZE }, (_, at) => at).filter((at) => {
          return placements.get(at) !== (model.get(at) ?? -1);
        });
        expect(wrong).toEqual([]);
        const end = Math.min(SIZE, first + length);
        expect([...placements.runsIn(first, end - first)]).toEqual(
          runsOf(new Map([...model].filter(([at]) => at >= first && at < end))),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('takes four bytes a place at most, and none where there are no guests', () => {
    const placeCount = 8_500_000;
    const bytes = () => process.memoryUsage().arrayBuffers;
    const placements = new Placements(placeCount);
    const empty = bytes();
    placements.set(4096, 5);
    expect(bytes() - empty).toBeLessThan(20_000);
    placements.removeRun(0, placeCount);
    for (let at = 0; at < placeCount; at += 4096) placements.set(at, MAX_ESI);
    expect(bytes() - empty).toBeLessThanOrEqual(4 * placeCount + 16_384);
    expect(placements.get(4096)).toBe(MAX_ESI);
  });

  it('takes little where guests come in runs, also when they are noted again', async () => {
    const placeCount = 1_000_000;
    // V8 gives memory back in a thread of its own, some time after a collection.
    const bytes = async () => {
      for (let turn = 0; turn < 3; turn++) {
        collectGarbage();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return process.memoryUsage().arrayBuffers;
    };
    const [one, four] = [new Placements(placeCount), new Placements(placeCount)];
    const empty = await bytes();
    for (let round = 0; round < 2; round++) for (let at = 0; at < placeCount; at++) one.set(at, 1000 + at);
    expect((await bytes()) - empty).toBeLessThan(0.05 * placeCount);
    const before = await bytes();
    const esiOf = (at: number) => 100_000 * (Math.floor(at / 4) % 12) + Math.floor(at / 48) * 4 + (at % 4);
    for (let round = 0; round < 2; round++) for (let at = 0; at < placeCount; at++) four.set(at, esiOf(at));
    expect((await bytes()) - before).toBeLessThan(2.1 * placeCount);
    for (let at = 0; at < placeCount; at += 777) expect([one.get(at), four.get(at)]).toEqual([1000 + at, esiOf(at)]);
  });

  it('has no guest outside the object, and refuses to note one', () => {
    const placements = new Placements(100);
    const refused = expect.objectContaining({ code: 'INTERNAL' });
    placements.set(99, 0);
    for (const at of [-1, 100, 4096, 0.5, Number.NaN]) {
      expect(() => placements.set(at, 1)).toThrow(refused);
      expect(placements.get(at)).toBe(-1);
    }
    for (const esi of [-1, MAX_ESI + 1, 0.5, Number.NaN]) expect(() => placements.set(1, esi)).toThrow(refused);
    expect(() => placements.removeRun(90, 11)).toThrow(refused);
    expect([...placements.runs()]).toEqual([[99, 0, 1]]);
  });
});
