import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EsiSet } from '../../dist/object/esi-set.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { seed, seeded } from '../simulate/seed.js';

const esi = fc.oneof(
  fc.nat(100),
  fc.integer({ min: 2040, max: 2060 }),
  fc.nat(2 ** 24 - 1),
  fc.nat(511).map((word) => word * 32),
);

describe('a set of ESIs', () => {
  it('is a set for each block', () => {
    const step = fc.record({ kind: fc.constantFrom('add', 'add', 'add', 'delete', 'clear'), block: fc.nat(2), esi });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.array(esi, { maxLength: 20 }), (steps, probes) => {
        const set = new EsiSet(3);
        const model = [new Set<number>(), new Set<number>(), new Set<number>()];
        for (const { kind, block, esi } of steps) {
          if (kind === 'add') {
            set.add(block, esi);
            model[block]!.add(esi);
          } else if (kind === 'delete') {
            set.delete(block, esi);
            model[block]!.delete(esi);
          } else if (model[block]!.size > 20) {
            set.clear(block);
            model[block]!.clear();
          }
          for (const probe of [esi, esi ^ 1, esi ^ 32, ...probes]) {
            for (const [i, known] of model.entries()) expect(set.has(i, probe)).toBe(known.has(probe));
          }
        }
        for (const [i, known] of model.entries()) for (const held of known) expect(set.has(i, held)).toBe(true);
      }),
    );
  });

  it(seeded('takes 20 bytes for each symbol held at most, wherever they lie, and gives them back'), () => {
    const prng = new Prng(`${seed}/esi-set`);
    const set = new EsiSet(1);
    const held: number[] = [];
    for (let i = 0; i < 40_000; i++) {
      const one = prng.below(2 ** 24);
      if (set.has(0, one)) continue;
      set.add(0, one);
      held.push(one);
      if (held.length > 8) expect(set.memoryBytes).toBeLessThanOrEqual(20 * held.length);
    }
    while (held.length > 10) set.delete(0, held.pop()!);
    expect(held.every((one) => set.has(0, one))).toBe(true);
    expect(set.memoryBytes).toBeLessThanOrEqual(50 * held.length);
  });

  it('takes less than a byte for each symbol that servers send in runs of 16', () => {
    const set = new EsiSet(1);
    // 150 arcs, each with its own beginning: 25 channels of 6 servers.
    for (let arc = 0; arc < 150; arc++) {
      for (let i = 0; i < 256; i++) set.add(0, Math.floor((arc * 2 ** 24) / 150) + i);
    }
    expect(set.memoryBytes / (150 * 256)).toBeLessThan(1);
  });
});
