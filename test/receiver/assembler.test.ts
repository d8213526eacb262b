import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, blockSymbolCount, firstSymbolOf, geometryOf } from '../../dist/object/geometry.js';
import { MerkleTree, RUN_LEAVES } from '../../dist/object/merkle.js';
import { SymbolSet } from '../../dist/object/symbol-set.js';
import { Assembler } from '../../dist/receiver/assembler.js';
import { Origins } from '../../dist/receiver/origins.js';
import { Slot } from '../../dist/receiver/slot.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

function digestsOf(blockCount: number): Uint8Array {
  return new Uint8Array(blockCount * 32).map((_, i) => (i % 32) + Math.floor(i / 32));
}

function assemblerOf(symbolCount: number, blockCount: number, symbols: readonly number[], verified: readonly number[]) {
  const digests = digestsOf(blockCount);
  const tree = new MerkleTree(digests);
  const geometry = geometryOf(symbolCount, 1, blockCount);
  const [have, blocks] = [new SymbolSet(symbolCount), new SymbolSet(blockCount)];
  for (const symbol of symbols) have.add(symbol);
  for (const block of verified) blocks.add(block);
  const descriptor = { blockRoot: tree.root, sha256: digests } as Partial<Descriptor> as Descriptor;
  const runOf = (run: number) => ({
    leaves: digests.subarray(run * RUN_LEAVES * 32, (run + 1) * RUN_LEAVES * 32),
    proof: tree.proofOfRun(run),
  });
  return {
    assembler: new Assembler(descriptor, geometry, have, blocks, undefined, new Origins()),
    geometry,
    tree,
    runOf,
  };
}

describe('an assembler', () => {
  it('offers each block for verification as soon as it has all symbols and its digest, and not before', () => {
    const action = fc.oneof(
      { weight: 8, arbitrary: fc.record({ kind: fc.constant('symbol' as const), pick: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('digests' as const), pick: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('verify' as const), pick: fc.nat() }) },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 2, max: 40 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.array(action, { maxLength: 150 }),
        (symbolCount, blockWish, startSymbols, actions) => {
          const blockCount = Math.min(blockWish, symbolCount);
          const start = [...new Set(startSymbols.map((symbol) => symbol % symbolCount))];
          const { assembler, geometry, tree, runOf } = assemblerOf(symbolCount, blockCount, start, []);
          const have = new Set(start);
          const heard = new Set<number>();
          const verified = new Set<number>();
          for (const { kind, pick } of actions) {
            if (kind === 'symbol') {
              const symbol = pick % symbolCount;
              const block = blockOf(geometry, symbol);
              const esi = symbol - firstSymbolOf(geometry, block);
              expect(assembler.slotFor(block, esi, 1)).toBe(have.has(symbol) ? Slot.known : symbol);
              if (!have.has(symbol)) assembler.add(block, esi, symbol, 1);
              have.add(symbol);
            } else if (kind === 'digests') {
              const run = pick % tree.runCount;
              expect(assembler.addDigests(run, runOf(run))).toBe(true);
              heard.add(run);
            } else {
              const ready = assembler.nextReady();
              const isReady = (block: number) =>
                !verified.has(block) && heard.has(Math.floor(block / RUN_LEAVES)) && isWhole(block);
              const isWhole = (block: number) =>
                Array.from({ length: blockSymbolCount(geometry, block) }, (_, i) => firstSymbolOf(geometry, block) + i)
                  .map((symbol) => have.has(symbol))
                  .every(Boolean);
              if (ready === undefined) {
                const waiting = Array.from({ length: blockCount }, (_, block) => block).filter(isReady);
                expect(waiting).toEqual([]);
                continue;
              }
              expect(isReady(ready.block)).toBe(true);
              expect(Buffer.from(ready.digest)).toEqual(
                Buffer.from(digestsOf(blockCount).subarray(ready.block * 32, ready.block * 32 + 32)),
              );
              if (pick % 3 === 0) {
                assembler.reject(ready.block);
                for (const symbol of [...have]) if (blockOf(geometry, symbol) === ready.block) have.delete(symbol);
              } else {
                assembler.accept(ready.block);
                verified.add(ready.block);
              }
            }
            expect(assembler.symbols.count).toBe(have.size);
            expect(assembler.isComplete).toBe(have.size === symbolCount);
            expect(assembler.isVerified).toBe(verified.size === blockCount);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('believes no digests that do not lead to the signed root, nor runs that there are not', () => {
    const { assembler, runOf } = assemblerOf(40, 40, [], []);
    const { leaves, proof } = runOf(1);
    const wrong = leaves.map((byte, i) => (i === 33 ? byte ^ 1 : byte));
    expect(assembler.addDigests(1, { leaves: wrong, proof })).toBe(false);
    expect(assembler.addDigests(0, { leaves, proof })).toBe(false);
    for (const run of [3, 2 ** 32 - 1]) expect(assembler.addDigests(run, { leaves, proof })).toBe(false);
    expect(assembler.addDigests(1, { leaves, proof: proof.slice(1) })).toBe(false);
    expect(assembler.addDigests(1, { leaves, proof })).toBe(true);
  });

  it('of one block knows its digest from the descriptor', () => {
    const { assembler } = assemblerOf(2, 1, [0], []);
    expect(assembler.hasReady).toBe(false);
    assembler.add(0, 1, 1, 1);
    expect(assembler.nextReady()?.block).toBe(0);
  });

  it('does not verify again what an earlier run has verified', () => {
    const { assembler, runOf } = assemblerOf(8, 4, [0, 1, 2, 3, 4, 5], [0, 2]);
    assembler.addDigests(0, runOf(0));
    expect(assembler.nextReady()?.block).toBe(1);
    expect(assembler.nextReady()).toBeUndefined();
  });

  it('of an empty object is complete and verified from the beginning', () => {
    const { assembler } = assemblerOf(0, 0, [], []);
    expect([assembler.isComplete, assembler.isVerified]).toEqual([true, true]);
  });
});
