import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ESI } from '../../dist/base/limits.js';
import { BlockEncoder, restoreBlock, SPARE_SYMBOLS, solveBlock } from '../../dist/fec/index.js';
import { encodedRows, pick, randomBytes, randomFrom } from './samples.js';

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
  return shuffled([...source, ...repair], random);
}

function shuffled(esis: readonly number[], random: () => number): number[] {
  return pick(esis.length, esis.length, random).map((i) => esis[i]!);
}

describe('solveBlock', () => {
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
          const partial = encodedRows(encoder, received(sourceCount, lossRatio, 2, randomFrom(seed)));
          expect(solveBlock(partial, symbolBytes)).toBe(true);
          expect(Buffer.compare(partial.block, source)).toBe(0);
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
    const partial = encodedRows(encoder, received(sourceCount, lossRatio, 2, randomFrom(1)));
    expect(solveBlock(partial, 2)).toBe(true);
    expect(Buffer.compare(partial.block, source)).toBe(0);
  });

  it('says when the symbols are too few, and succeeds with a few more', () => {
    // Of 4000 trials with exactly K symbols some ten fail; each of those must succeed with a few more.
    const source = randomBytes(10 * 4, 1);
    const encoder = BlockEncoder.fromSource(source, 4);
    const random = randomFrom(3);
    let failureCount = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const esis = received(10, random(), 4, random);
      expect(solveBlock(encodedRows(encoder, esis.slice(0, 9)), 4)).toBe(false);
      let count = 10;
      let partial = encodedRows(encoder, esis.slice(0, count));
      while (!solveBlock(partial, 4)) partial = encodedRows(encoder, esis.slice(0, ++count));
      if (count > 10) failureCount++;
      expect(partial.block).toEqual(source);
    }
    expect(failureCount).toBeGreaterThan(0);
    expect(failureCount).toBeLessThan(40);
  });

  it('needs nothing but the source symbols if it has them all', () => {
    const source = randomBytes(300, 1);
    const encoder = BlockEncoder.fromSource(source, 3);
    const esis = Array.from({ length: 100 }, (_, i) => 99 - i);
    expect(solveBlock(encodedRows(encoder, esis.slice(1)), 3)).toBe(false);
    const partial = encodedRows(encoder, esis);
    expect(solveBlock(partial, 3)).toBe(true);
    expect(partial.block).toEqual(source);
  });

  it('finds all source symbols among any number of repair symbols', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), fc.integer(), (sourceCount, seed) => {
        const random = randomFrom(seed);
        const source = randomBytes(sourceCount * 7, seed);
        const encoder = BlockEncoder.fromSource(source, 7);
        const repairCount = Math.floor(random() * (sourceCount + SPARE_SYMBOLS));
        const esis = Array.from({ length: sourceCount + repairCount }, (_, esi) => esi);
        const partial = encodedRows(encoder, shuffled(esis, random));
        expect(solveBlock(partial, 7)).toBe(true);
        expect(partial.block).toEqual(source);
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});

describe('restoreBlock', () => {
  it('restores the missing symbols in their rows', () => {
    const source = randomBytes(50 * 9, 1);
    const encoder = BlockEncoder.fromSource(source, 9);
    const block = source.slice();
    const esis = Int32Array.from({ length: 52 }, (_, row) => row);
    const spare = new Uint8Array(2 * 9);
    spare.set(symbolOf(encoder, 70), 9);
    esis[50] = -1;
    esis[51] = 70;
    block.set(symbolOf(encoder, 60), 7 * 9);
    esis[7] = 60;
    block.fill(0xff, 20 * 9, 21 * 9);
    esis[20] = -1;
    expect(restoreBlock({ block, spare, esis }, 9)).toBe(true);
    expect(block).toEqual(source);
  });

  it('changes nothing if the symbols are too few', () => {
    const block = randomBytes(50 * 9, 1);
    const esis = Int32Array.from({ length: 50 }, (_, row) => row);
    esis[3] = -1;
    const before = block.slice();
    expect(restoreBlock({ block, spare: new Uint8Array(0), esis }, 9)).toBe(false);
    expect(block).toEqual(before);
  });
});
