import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EsiSet } from '../../dist/object/esi-set.js';

const esi = fc.oneof(fc.nat(100), fc.integer({ min: 2040, max: 2060 }), fc.nat(2 ** 24 - 1));

describe('a set of ESIs', () => {
  it('is a set for each block', () => {
    const step = fc.record({ kind: fc.constantFrom('add', 'delete', 'clear'), block: fc.nat(2), esi });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), fc.array(esi, { maxLength: 20 }), (steps, probes) => {
        const set = new EsiSet(3, 1000);
        const model = [new Set<number>(), new Set<number>(), new Set<number>()];
        for (const { kind, block, esi } of steps) {
          if (kind === 'add') {
            expect(set.hasRoom(block, esi)).toBe(true);
            set.add(block, esi);
            model[block]!.add(esi);
          } else if (kind === 'delete') {
            set.delete(block, esi);
            model[block]!.delete(esi);
          } else {
            set.clear(block);
            model[block]!.clear();
          }
          for (const probe of [esi, esi ^ 1, esi ^ 32, ...probes]) {
            for (const [i, known] of model.entries()) expect(set.has(i, probe)).toBe(known.has(probe));
          }
        }
      }),
    );
  });

  it('has room for the stretches that servers send, and refuses the stretch after the last', () => {
    const set = new EsiSet(2, 2049);
    // Two bitmaps for the block's own symbols, and 128 more.
    for (let i = 0; i < 130; i++) {
      expect(set.hasRoom(0, i * 4096)).toBe(true);
      set.add(0, i * 4096);
    }
    expect([set.hasRoom(0, 130 * 4096), set.hasRoom(0, 4096 + 2047), set.hasRoom(1, 130 * 4096)]).toEqual([
      false,
      true,
      true,
    ]);
    set.clear(0);
    expect(set.hasRoom(0, 130 * 4096)).toBe(true);
  });
});
