import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SPARE_SYMBOLS } from '../../../dist/fec/decoder.js';
import { blockOf, blockSymbolCount, firstSymbolOf, geometryOf } from '../../../dist/object/geometry.js';
import { Holdings } from '../../../dist/object/holdings.js';
import { MerkleTree, RUN_LEAVES } from '../../../dist/object/merkle.js';
import { SymbolSet } from '../../../dist/object/symbol-set.js';
import { Assembler } from '../../../dist/receiver/assemble/assembler.js';
import type { PlaceRun } from '../../../dist/receiver/assemble/block-keys.js';
import { CodedPlaces } from '../../../dist/receiver/assemble/coded-places.js';
import { NoPlace } from '../../../dist/receiver/assemble/no-place.js';
import { KnownKeys, UNPROVEN } from '../../../dist/receiver/runs/known-keys.js';
import type { Descriptor } from '../../../dist/wire/descriptor.js';

function digestsOf(blockCount: number): Uint8Array {
  return new Uint8Array(blockCount * 32).map((_, i) => (i % 32) + Math.floor(i / 32));
}

function assemblerOf(
  symbolCount: number,
  blockCount: number,
  symbols: readonly number[],
  verified: readonly number[],
  isCoded = false,
) {
  const digests = digestsOf(blockCount);
  const tree = new MerkleTree(digests);
  const geometry = geometryOf(symbolCount, 1, blockCount);
  const [holdings, blocks] = [new Holdings(geometry), new SymbolSet(blockCount)];
  for (const symbol of symbols) holdings.addOwn(symbol);
  for (const block of verified) blocks.add(block);
  const keys = new KnownKeys();
  const coded = isCoded ? new CodedPlaces(holdings) : undefined;
  const descriptor = { blockRoot: tree.root, sha256: digests } as Partial<Descriptor> as Descriptor;
  const runOf = (run: number) => ({
    leaves: digests.subarray(run * RUN_LEAVES * 32, (run + 1) * RUN_LEAVES * 32),
    proof: tree.proofOfRun(run),
  });
  const assembler = new Assembler(descriptor, holdings, blocks, coded, keys);
  return {
    assembler,
    // These lines do what the store and the transfer do together, without a disk.
    add(block: number, esi: number, place: number, key: number): void {
      if (place === firstSymbolOf(geometry, block) + esi) holdings.addOwn(place);
      else holdings.addGuest(place, esi);
      assembler.add(block, esi, place, key);
    },
    accept(block: number): void {
      holdings.addOwnRun(firstSymbolOf(geometry, block), blockSymbolCount(geometry, block));
      assembler.accept(block);
    },
    reject(block: number): readonly PlaceRun[] {
      const { freed } = assembler.reject(block);
      for (const { first, count } of freed) holdings.remove(first, count);
      return freed;
    },
    geometry,
    tree,
    runOf,
    keys,
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
          const { assembler, add, accept, reject, geometry, tree, runOf, keys } = assemblerOf(
            symbolCount,
            blockCount,
            start,
            [],
          );
          /** Each with the number of its key. */
          const have = new Map(start.map((symbol) => [symbol, UNPROVEN]));
          const heard = new Set<number>();
          const verified = new Set<number>();
          for (const { kind, pick } of actions) {
            if (kind === 'symbol') {
              const symbol = pick % symbolCount;
              const block = blockOf(geometry, symbol);
              const esi = symbol - firstSymbolOf(geometry, block);
              expect(assembler.placeFor(block, esi, 1)).toBe(have.has(symbol) ? NoPlace.known : symbol);
              if (!have.has(symbol)) add(block, esi, symbol, 1);
              if (!have.has(symbol)) have.set(symbol, 1);
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
                const inBlock = [...have].filter(([symbol]) => blockOf(geometry, symbol) === ready.block);
                // If some symbols are from an earlier run, these are suspected, and those that the key proves stay.
                const isMixed = new Set(inBlock.map(([, key]) => key)).size > 1 && !keys.isLeft(1);
                const gone = inBlock.flatMap(([symbol, key]) => (isMixed && key !== UNPROVEN ? [] : [symbol]));
                const freed = reject(ready.block).flatMap(({ first, count }) =>
                  Array.from({ length: count }, (_, i) => first + i),
                );
                expect(freed).toEqual(gone.toSorted((a, b) => a - b));
                for (const symbol of gone) have.delete(symbol);
              } else {
                accept(ready.block);
                verified.add(ready.block);
              }
            }
            expect(assembler.holdings.filled.count).toBe(have.size);
            expect(assembler.isComplete).toBe(have.size === symbolCount);
            expect(assembler.isVerified).toBe(verified.size === blockCount);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('believes no digests that do not lead to the signed root, and no run that the object does not have', () => {
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
    const { assembler, add } = assemblerOf(2, 1, [0], []);
    expect(assembler.hasReady).toBe(false);
    add(0, 1, 1, 1);
    expect(assembler.nextReady()?.block).toBe(0);
  });

  it('does not verify again what an earlier run has verified', () => {
    const { assembler, runOf } = assemblerOf(8, 4, [0, 1, 2, 3, 4, 5], [0, 2]);
    assembler.addDigests(0, runOf(0));
    expect(assembler.nextReady()?.block).toBe(1);
    expect(assembler.nextReady()).toBeUndefined();
  });

  it('gives up the symbols of a wrong block that no key proves, and keeps the others', () => {
    const { assembler, add, reject, runOf } = assemblerOf(20, 2, [], []);
    assembler.addDigests(0, runOf(0));
    for (let esi = 0; esi < 10; esi++) add(0, esi, esi, esi < 5 ? 1 : UNPROVEN);
    const generation = assembler.generationOf(0);
    // A record proves two of them afterwards.
    for (const esi of [7, 9]) assembler.prove(0, esi, esi, generation, 2);
    expect(assembler.nextReady()?.block).toBe(0);
    expect([assembler.placeFor(0, 8, UNPROVEN), assembler.hasEnough]).toEqual([NoPlace.known, false]);
    expect(reject(0)).toEqual([
      { first: 5, count: 2 },
      { first: 8, count: 1 },
    ]);
    // What was given up cannot be proven any more.
    add(0, 8, 8, UNPROVEN);
    assembler.prove(0, 8, 8, generation, 2);
    for (const esi of [5, 6]) add(0, esi, esi, 1);
    assembler.nextReady();
    expect(reject(0)).toEqual([{ first: 8, count: 1 }]);
  });

  it('gives up all symbols of a wrong block that one key proves, and leaves the key at the second', () => {
    const { assembler, add, runOf, keys } = assemblerOf(20, 2, [], []);
    assembler.addDigests(0, runOf(0));
    for (const block of [0, 1]) {
      for (let esi = 0; esi < 10; esi++) add(block, esi, block * 10 + esi, 3);
      assembler.nextReady();
      const { freed, left } = assembler.reject(block);
      expect([freed, left]).toEqual([[{ first: block * 10, count: 10 }], block === 0 ? undefined : 3]);
    }
    expect(keys.isLeft(3)).toBe(true);
  });

  it('lets one of several keys fill a wrong block alone, and so finds the one that lies', () => {
    const { assembler, add, reject, accept, runOf, keys } = assemblerOf(20, 2, [], []);
    assembler.addDigests(0, runOf(0));
    for (const block of [0, 1]) {
      for (let esi = 0; esi < 10; esi++) add(block, esi, block * 10 + esi, esi < 7 ? 1 : 2);
      assembler.nextReady();
      expect(reject(block)).toEqual([{ first: block * 10 + 7, count: 3 }]);
      const at = block * 10 + 8;
      expect([1, 2, UNPROVEN].map((key) => assembler.placeFor(block, 8, key))).toEqual([
        at,
        NoPlace.unwelcome,
        NoPlace.unwelcome,
      ]);
      for (let esi = 7; esi < 10; esi++) add(block, esi, block * 10 + esi, 1);
      assembler.nextReady();
      accept(block);
    }
    expect([keys.isLeft(1), keys.isLeft(2)]).toEqual([false, true]);
  });

  it('blames nobody who fills the blocks that a key had alone before it was left', () => {
    const { assembler, add, reject, accept, runOf, keys } = assemblerOf(40, 4, [], []);
    assembler.addDigests(0, runOf(0));
    const place = (block: number, esi: number) => block * 10 + esi;
    for (const block of [0, 1, 2, 3]) {
      for (let esi = 0; esi < 10; esi++) add(block, esi, place(block, esi), esi < 7 ? 2 : 1);
      assembler.nextReady();
      reject(block);
    }
    for (const block of [0, 1]) {
      for (let esi = 7; esi < 10; esi++) add(block, esi, place(block, esi), 2);
      assembler.nextReady();
      reject(block);
    }
    expect(keys.isLeft(2)).toBe(true);
    for (const block of [2, 3]) {
      for (let esi = 7; esi < 10; esi++) add(block, esi, assembler.placeFor(block, esi, 1), 1);
      assembler.nextReady();
      expect(reject(block)).toEqual([{ first: place(block, 0), count: 7 }]);
      for (let esi = 0; esi < 7; esi++) add(block, esi, assembler.placeFor(block, esi, 1), 1);
      assembler.nextReady();
      accept(block);
    }
    expect(keys.isLeft(1)).toBe(false);
  });

  it('blames nobody when a wrong block is filled from elsewhere', () => {
    const { assembler, add, reject, runOf, keys } = assemblerOf(20, 2, [], []);
    assembler.addDigests(0, runOf(0));
    for (const block of [0, 1]) {
      for (let esi = 0; esi < 10; esi++) add(block, esi, block * 10 + esi, esi < 7 ? 2 : 1);
      assembler.nextReady();
      reject(block);
      expect(assembler.claim(block)).toBeDefined();
      expect(assembler.accept(block, false)).toBeUndefined();
    }
    expect([keys.isLeft(1), keys.isLeft(2), assembler.needsProof(0)]).toEqual([false, false, false]);
  });

  it('gives a wrong block to another key when the one that has it alone falls silent', () => {
    const { assembler, add, reject, accept, runOf, keys } = assemblerOf(20, 2, [], []);
    assembler.addDigests(0, runOf(0));
    for (const block of [0, 1]) {
      const place = (esi: number) => block * 10 + esi;
      for (let esi = 0; esi < 10; esi++) add(block, esi, place(esi), esi < 7 ? 2 : 1);
      assembler.nextReady();
      expect(reject(block)).toEqual([{ first: place(7), count: 3 }]);
      expect([assembler.needsProof(block), assembler.needsProof(1 - block)]).toEqual([true, false]);
      // Symbols that nobody proves are no reason, since a stranger can send any number of them.
      for (let i = 0; i < 100; i++) assembler.noteRefused(block, UNPROVEN);
      for (let i = 0; i < 9; i++) assembler.noteRefused(block, 1);
      expect(assembler.placeFor(block, 7, 1)).toBe(NoPlace.unwelcome);
      assembler.noteRefused(block, 1);
      expect(assembler.needsProof(block)).toBe(false);
      for (let esi = 7; esi < 10; esi++) add(block, esi, assembler.placeFor(block, esi, 1), 1);
      assembler.nextReady();
      expect(reject(block)).toEqual([{ first: place(0), count: 7 }]);
      expect([1, 2].map((key) => assembler.placeFor(block, 0, key))).toEqual([place(0), NoPlace.unwelcome]);
      for (let esi = 0; esi < 7; esi++) add(block, esi, place(esi), 1);
      assembler.nextReady();
      accept(block);
    }
    expect([keys.isLeft(1), keys.isLeft(2), assembler.needsProof(0)]).toEqual([false, true, false]);
  });

  it('has enough when every block has enough symbols and all digests are known, and not after a block turned out wrong', () => {
    const { assembler, add, reject, runOf } = assemblerOf(4, 2, [], []);
    for (let symbol = 0; symbol < 4; symbol++) add(symbol >> 1, symbol & 1, symbol, 1);
    expect(assembler.hasEnough).toBe(false);
    assembler.addDigests(0, runOf(0));
    expect(assembler.hasEnough).toBe(true);
    assembler.nextReady();
    reject(0);
    expect(assembler.hasEnough).toBe(false);
  });

  it('offers a coded block that could not be solved again only when it has one more symbol', () => {
    const { assembler, add, accept, runOf } = assemblerOf(8, 2, [], [], true);
    assembler.addDigests(0, runOf(0));
    for (let i = 0; i < 4; i++) add(0, 100 + i, assembler.placeFor(0, 100 + i, 1), 1);
    expect(assembler.placeFor(0, 104, 1)).toBe(NoPlace.known);
    expect(assembler.nextReady()?.block).toBe(0);
    expect([...assembler.guestsOf(0)!.esis]).toEqual([100, 101, 102, 103]);
    expect(assembler.postpone(0)).toBe(true);
    expect(assembler.nextReady()).toBeUndefined();
    expect([assembler.placeFor(0, 104, 1), assembler.placeFor(0, 100, 1)]).toEqual([NoPlace.spare, NoPlace.known]);
    assembler.addSpare(0, { esi: 104, key: 1, bytes: new Uint8Array(1) });
    expect(assembler.placeFor(0, 105, 1)).toBe(NoPlace.known);
    expect(assembler.nextReady()?.block).toBe(0);
    accept(0);
    expect(assembler.guestsOf(0)).toBeUndefined();
    expect([...assembler.holdings.filled.runs()]).toEqual([[0, 4]]);
  });

  it('gives up a coded block that has more symbols than an honest block can need and still cannot be solved', () => {
    const { assembler, add, reject, runOf } = assemblerOf(8, 2, [], [], true);
    assembler.addDigests(0, runOf(0));
    for (let i = 0; i < 4; i++) add(0, 100 + i, assembler.placeFor(0, 100 + i, 1), 1);
    let esi = 200;
    while (assembler.nextReady() !== undefined && assembler.postpone(0) && esi < 300) {
      expect(assembler.placeFor(0, esi, 1)).toBe(NoPlace.spare);
      assembler.addSpare(0, { esi: esi++, key: 1, bytes: new Uint8Array(1) });
    }
    expect(esi).toBe(200 + SPARE_SYMBOLS);
    expect(reject(0)).toEqual([{ first: 0, count: 4 }]);
    expect([assembler.placeFor(0, 100, 1), assembler.placeFor(0, 200, 1)]).toEqual([0, 0]);
  });

  it('of an empty object is complete and verified from the beginning', () => {
    const { assembler } = assemblerOf(0, 0, [], []);
    expect([assembler.isComplete, assembler.isVerified]).toEqual([true, true]);
  });
});
