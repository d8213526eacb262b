import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ESI } from '../../dist/base/limits.js';
import { BlockDecoder, BlockEncoder, restoreBlock, SPARE_SYMBOLS } from '../../dist/fec/index.js';
import { pick, randomBytes, randomFrom } from './samples.js';

function symbolOf(encoder: BlockEncoder, esi: number): Uint8Array {
  const symbol = new Uint8Array(encoder.symbolBytes);
  encoder.encode(esi, symbol);
  return symbol;
}

/** Source symbols that survive a loss and repair symbols from all of the range, `extra` more than the block has. */
function received(sourceCount: number, lossRatio: number, extra: number, random: () => number): number[] {
  const lost = Math.round(lossRatio * sourceCount);
  const source = pick(sourceCount - lost, sourceCount, random);
  const repair = pick(lost + extra, MAX_ESI - sourceCount, random).map((esi) => sourceCount + esi);
  return [...source, ...repair].sort(() => random() - 0.5);
}

describe('BlockDecoder', () => {
  it('restores any block from any K + 2 symbols, in any order', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 61, max: 2000 })),
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        (sourceCount, symbolBytes, lossRatio, seed) => {
          const source = randomBytes(sourceCount * symbolBytes, seed);
          const encoder = BlockEncoder.fromSource(source, symbolBytes);
          const decoder = new BlockDecoder(new Uint8Array(source.length), symbolBytes);
          for (const esi of received(sourceCount, lossRatio, 2, randomFrom(seed))) {
            decoder.add(esi, symbolOf(encoder, esi));
          }
          expect(decoder.symbolCount).toBe(sourceCount + 2);
          expect(decoder.decode()).toBe(true);
          expect(Buffer.compare(decoder.block, source)).toBe(0);
        },
      ),
      { numRuns: 150, seed: 11 },
    );
  });

  it.each([
    [8192, 0.01],
    [8192, 0.5],
    [20_000, 0.002],
    [56_403, 0.006],
    [56_403, 1],
  ])('restores a block of %i symbols after a loss of %d', (sourceCount, lossRatio) => {
    const source = randomBytes(sourceCount * 2, sourceCount);
    const encoder = BlockEncoder.fromSource(source, 2);
    const decoder = new BlockDecoder(new Uint8Array(source.length), 2);
    for (const esi of received(sourceCount, lossRatio, 2, randomFrom(1))) decoder.add(esi, symbolOf(encoder, esi));
    expect(decoder.decode()).toBe(true);
    expect(Buffer.compare(decoder.block, source)).toBe(0);
  });

  it('says when the symbols are too few, and goes on after an attempt that failed', () => {
    // Of 4000 trials with exactly K symbols some ten fail; each of those must succeed with a few more.
    const source = randomBytes(10 * 4, 1);
    const encoder = BlockEncoder.fromSource(source, 4);
    const random = randomFrom(3);
    let failureCount = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const decoder = new BlockDecoder(new Uint8Array(40), 4);
      const esis = received(10, random(), 4, random);
      for (const esi of esis.slice(0, 9)) decoder.add(esi, symbolOf(encoder, esi));
      expect(decoder.canDecode()).toBe(decoder.decode());
      let next = 9;
      while (!decoder.decode()) decoder.add(esis[next]!, symbolOf(encoder, esis[next++]!));
      if (next > 10) failureCount++;
      expect(decoder.block).toEqual(source);
    }
    expect(failureCount).toBeGreaterThan(0);
    expect(failureCount).toBeLessThan(40);
  });

  it('needs nothing but the source symbols if it has them all', () => {
    const source = randomBytes(300, 1);
    const decoder = new BlockDecoder(new Uint8Array(300), 3);
    for (let esi = 99; esi >= 0; esi--) {
      expect(decoder.canDecode()).toBe(false);
      decoder.add(esi, source.subarray(esi * 3, esi * 3 + 3));
    }
    expect(decoder.canDecode()).toBe(true);
    expect(decoder.decode()).toBe(true);
    expect(decoder.block).toEqual(source);
  });

  it('takes source symbols whose places repair symbols had taken', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), fc.integer(), (sourceCount, seed) => {
        const random = randomFrom(seed);
        const source = randomBytes(sourceCount * 7, seed);
        const encoder = BlockEncoder.fromSource(source, 7);
        const decoder = new BlockDecoder(new Uint8Array(source.length), 7);
        const repairCount = Math.floor(random() * (sourceCount + SPARE_SYMBOLS));
        const repair = Array.from({ length: repairCount }, (_, i) => sourceCount + i);
        const all = [...repair, ...pick(sourceCount, sourceCount, random)];
        let addedCount = 0;
        for (const esi of all) if (decoder.add(esi, symbolOf(encoder, esi)) === 'added') addedCount++;
        expect(addedCount).toBe(Math.min(all.length, sourceCount + SPARE_SYMBOLS));
        expect(decoder.symbolCount).toBe(addedCount);
        expect(decoder.decode()).toBe(true);
        expect(decoder.block).toEqual(source);
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it('reports duplicates and symbols it has no use for', () => {
    const source = randomBytes(20 * 5, 2);
    const encoder = BlockEncoder.fromSource(source, 5);
    const decoder = new BlockDecoder(new Uint8Array(100), 5);
    expect(decoder.add(3, symbolOf(encoder, 3))).toBe('added');
    expect(decoder.add(3, new Uint8Array(5))).toBe('duplicate');
    for (let esi = 20; esi < 20 + 19 + SPARE_SYMBOLS; esi++) decoder.add(esi, symbolOf(encoder, esi));
    expect(decoder.add(1000, symbolOf(encoder, 1000))).toBe('surplus');
    expect(decoder.symbolCount).toBe(20 + SPARE_SYMBOLS);
    expect(decoder.decode()).toBe(true);
    expect(decoder.block).toEqual(source);
    expect(decoder.add(3, new Uint8Array(5))).toBe('duplicate');
    expect(decoder.add(4, new Uint8Array(5))).toBe('surplus');
    expect(decoder.decode()).toBe(true);
    expect(decoder.block).toEqual(source);
  });
});

describe('restoreBlock', () => {
  it('restores the missing symbols where they belong', () => {
    const source = randomBytes(50 * 9, 1);
    const encoder = BlockEncoder.fromSource(source, 9);
    const block = source.slice();
    const slots = Int32Array.from({ length: 52 }, (_, slot) => slot);
    const spare = new Uint8Array(2 * 9);
    spare.set(symbolOf(encoder, 70), 9);
    slots[50] = -1;
    slots[51] = 70;
    block.set(symbolOf(encoder, 60), 7 * 9);
    slots[7] = 60;
    block.fill(0xff, 20 * 9, 21 * 9);
    slots[20] = -1;
    expect(restoreBlock({ block, spare, slots }, 9)).toBe(true);
    expect(block).toEqual(source);
  });

  it('changes nothing if the symbols are too few', () => {
    const block = randomBytes(50 * 9, 1);
    const slots = Int32Array.from({ length: 50 }, (_, slot) => slot);
    slots[3] = -1;
    const before = block.slice();
    expect(restoreBlock({ block, spare: new Uint8Array(0), slots }, 9)).toBe(false);
    expect(block).toEqual(before);
  });
});
