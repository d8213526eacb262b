import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, firstSymbolOf, geometryOf } from '../../../dist/object/geometry.js';
import { SymbolOrigins } from '../../../dist/receiver/assemble/symbol-origins.js';

/** 10 symbols in blocks of 4, 3 and 3. */
const GEOMETRY = geometryOf(80, 8, 3);

describe('the origins of the symbols of an object', () => {
  it('are those of a plain map from places to origins, whatever is noted and forgotten', () => {
    const step = fc.record({
      kind: fc.constantFrom('note' as const, 'note' as const, 'note' as const, 'free' as const, 'forget' as const),
      place: fc.nat(9),
      origin: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(fc.nat(9)), (steps, fromDisk) => {
        const origins = new SymbolOrigins(GEOMETRY);
        const model = new Map<number, number>(fromDisk.map((place) => [place, 0]));
        for (const { kind, place, origin } of steps) {
          const block = blockOf(GEOMETRY, place);
          const others = [...model.keys()].filter((one) => one !== place && blockOf(GEOMETRY, one) === block);
          if (kind === 'note') {
            origins.note(block, place, origin, others.length === 0);
            model.set(place, origin);
          } else if (kind === 'free') model.delete(place);
          else {
            origins.forget(block);
            for (const one of model.keys()) if (blockOf(GEOMETRY, one) === block) model.set(one, 0);
          }
          for (const [one, expected] of model) expect(origins.of(blockOf(GEOMETRY, one), one)).toBe(expected);
        }
      }),
    );
  });

  it('count as those of an earlier run when they are forgotten', () => {
    const origins = new SymbolOrigins(GEOMETRY);
    const first = firstSymbolOf(GEOMETRY, 1);
    origins.note(1, first, 1, true);
    origins.note(1, first + 1, 2, false);
    expect([origins.of(1, first), origins.of(1, first + 1)]).toEqual([1, 2]);
    origins.forget(1);
    expect([origins.of(1, first), origins.of(1, first + 1)]).toEqual([0, 0]);
  });
});
