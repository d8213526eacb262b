import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SoleKeys } from '../../../dist/receiver/assemble/sole-keys.js';
import { KnownKeys, UNPROVEN } from '../../../dist/receiver/runs/known-keys.js';

const BLOCK_COUNT = 6;
const SYMBOL_COUNT = 5;
/** Honest servers have keys 1 and 2, liars 3 and 4. A stranger's symbols have no key. */
const HONEST = [1, 2];

interface Step {
  readonly block: number;
  readonly key: number;
}

/** Symbols of some of the servers, with a stranger in some plans. */
const disturbed = fc.subarray([1, 2, 3, 4, UNPROVEN], { minLength: 2 }).chain((keys) =>
  fc.array(fc.record({ block: fc.nat(BLOCK_COUNT - 1), key: fc.constantFrom(...keys) }), {
    minLength: 100,
    maxLength: 400,
  }),
);
/** All but one of the honest servers, and with them all liars, fall silent. */
const inTheEnd: readonly Step[] = Array.from({ length: 12 * SYMBOL_COUNT * BLOCK_COUNT }, (_, i) => ({
  block: i % BLOCK_COUNT,
  key: 1,
}));

/** Receives symbols as the assembler does; the symbols of liars and strangers are wrong. */
function receive(steps: readonly Step[]) {
  const keys = new KnownKeys();
  const soleKeys = new SoleKeys(keys);
  const blocks: number[][] = Array.from({ length: BLOCK_COUNT }, () => []);
  const right = new Set<number>();
  for (const { block, key } of steps) {
    if (right.has(block) || keys.isLeft(key)) continue;
    if (!soleKeys.isWelcome(block, key)) {
      soleKeys.noteRefused(block, key, SYMBOL_COUNT);
      continue;
    }
    const symbols = blocks[block]!;
    symbols.push(key);
    if (symbols.length < SYMBOL_COUNT) continue;
    if (symbols.every((one) => HONEST.includes(one))) {
      soleKeys.clear(block, true);
      right.add(block);
      continue;
    }
    const shares = new Map<number, number>();
    for (const one of symbols) shares.set(one, (shares.get(one) ?? 0) + 1);
    const { kept } = soleKeys.judge(block, shares);
    blocks[block] = symbols.filter((one) => kept.has(one));
  }
  return { keys, right };
}

describe('keys that fill wrong blocks alone', () => {
  it('never convict an honest server, whoever lies, falls silent or forges, in any order', () => {
    fc.assert(
      fc.property(disturbed, (steps) => {
        const { keys } = receive(steps);
        expect(HONEST.filter((key) => keys.isLeft(key))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('let an honest server that goes on complete every block', () => {
    fc.assert(
      fc.property(disturbed, (steps) => {
        expect(receive([...steps, ...inTheEnd]).right.size).toBe(BLOCK_COUNT);
      }),
      { numRuns: 200 },
    );
  });

  it('convict a liar by two blocks that he shares with another', () => {
    const each = (key: number, count: number) =>
      Array.from({ length: BLOCK_COUNT * count }, (_, i) => ({ block: Math.floor(i / count), key }));
    const { keys } = receive([...each(3, 2), ...each(1, 3), ...each(1, 2)]);
    expect([keys.isLeft(3), keys.isLeft(1)]).toEqual([true, false]);
  });
});
