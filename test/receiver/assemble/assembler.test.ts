import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SPARE_SYMBOLS } from '../../../dist/fec/decoder.js';
import { blockOf, blockSymbolCount, firstSymbolOf, geometryOf } from '../../../dist/object/geometry.js';
import { Holdings } from '../../../dist/object/holdings.js';
import { MerkleTree, RUN_LEAVES } from '../../../dist/object/merkle.js';
import { SymbolSet } from '../../../dist/object/symbol-set.js';
import { Assembler, type PlaceRun } from '../../../dist/receiver/assemble/assembler.js';
import { CodedPlaces } from '../../../dist/receiver/assemble/coded-places.js';
import { NoPlace } from '../../../dist/receiver/assemble/no-place.js';
import { FROM_DISK, Origins } from '../../../dist/receiver/assemble/origins.js';
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
  const origins = new Origins();
  const coded = isCoded ? new CodedPlaces(holdings) : undefined;
  const descriptor = { blockRoot: tree.root, sha256: digests } as Partial<Descriptor> as Descriptor;
  const runOf = (run: number) => ({
    leaves: digests.subarray(run * RUN_LEAVES * 32, (run + 1) * RUN_LEAVES * 32),
    proof: tree.proofOfRun(run),
  });
  const assembler = new Assembler(descriptor, holdings, blocks, coded, origins);
  return {
    assembler,
    // These lines do what the store and the transfer do together, without a disk.
    add(block: number, esi: number, place: number, origin: number): void {
      if (place === firstSymbolOf(geometry, block) + esi) holdings.addOwn(place);
      else holdings.addGuest(place, esi);
      assembler.add(block, esi, place, origin);
    },
    accept(block: number): void {
      holdings.addOwnRun(firstSymbolOf(geometry, block), blockSymbolCount(geometry, block));
      assembler.accept(block);
    },
    reject(block: number): readonly PlaceRun[] {
      const freed = assembler.reject(block);
      for (const { first, count } of freed) holdings.remove(first, count);
      return freed;
    },
    geometry,
    tree,
    runOf,
    origins,
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
          const { assembler, add, accept, reject, geometry, tree, runOf } = assemblerOf(
            symbolCount,
            blockCount,
            start,
            [],
          );
          /** Each with its origin. */
          const have = new Map(start.map((symbol) => [symbol, FROM_DISK]));
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
                // If some symbols are from an earlier run, these are suspected and the symbols from the network stay.
                const isMixed = new Set(inBlock.map(([, origin]) => origin)).size > 1;
                const gone = inBlock.flatMap(([symbol, origin]) => (isMixed && origin !== FROM_DISK ? [] : [symbol]));
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

  it('takes symbols for a wrong block only from the block’s owner, until the owner is silent', () => {
    const { assembler, add, reject, runOf, origins } = assemblerOf(20, 2, [], []);
    for (const sourceId of [71, 72, 73]) origins.idOf(sourceId);
    assembler.addDigests(0, runOf(0));
    for (let esi = 0; esi < 10; esi++) add(0, esi, esi, esi < 7 ? 1 : 2);
    expect(assembler.nextReady()?.block).toBe(0);
    expect([assembler.placeFor(0, 8, 2), assembler.hasEnough]).toEqual([NoPlace.known, false]);
    expect(reject(0)).toEqual([{ first: 7, count: 3 }]);
    expect([1, 2, 3].map((origin) => assembler.placeFor(0, 8, origin))).toEqual([
      8,
      NoPlace.unwelcome,
      NoPlace.unwelcome,
    ]);
    // Any source may fill another block.
    expect(assembler.placeFor(1, 8, 2)).toBe(18);
    for (let i = 0; i < 255; i++) assembler.refuse(0, 2);
    // A new symbol of the owner makes up for sixteen refused ones.
    add(0, 7, 7, 1);
    for (let i = 0; i < 16; i++) assembler.refuse(0, 2);
    expect(assembler.placeFor(0, 8, 2)).toBe(NoPlace.unwelcome);
    assembler.refuse(0, 2);
    expect([1, 2].map((origin) => assembler.placeFor(0, 8, origin))).toEqual([NoPlace.unwelcome, 8]);
    // Silence proves nothing, so the former owner is not banned.
    expect(origins.isBanned(1)).toBe(false);
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
    assembler.addSpare(0, { esi: 104, origin: 1, bytes: new Uint8Array(1) });
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
      assembler.addSpare(0, { esi: esi++, origin: 1, bytes: new Uint8Array(1) });
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
