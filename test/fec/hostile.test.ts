import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ESI } from '../../dist/base/limits.js';
import { blockCode, internalId } from '../../dist/fec/code.js';
import { BlockEncoder, restoreBlock, SPARE_SYMBOLS, solveBlock } from '../../dist/fec/index.js';
import { ltSymbols } from './reference.js';
import { encodedRows, pick, randomBytes, randomFrom, rowsOf } from './samples.js';

const invalid = expect.objectContaining({ code: 'FEC_INVALID' });

describe('hostile symbols', () => {
  it('that contradict each other give a wrong block and no warning: digests find that', () => {
    const source = randomBytes(30 * 8, 1);
    const encoder = BlockEncoder.fromSource(source, 8);
    const partial = encodedRows(
      encoder,
      Array.from({ length: 35 }, (_, i) => 10 + i),
    );
    // Row 23 holds ESI 33.
    partial.block[23 * 8]! ^= 1;
    expect(solveBlock(partial, 8)).toBe(true);
    expect(partial.block.subarray(10 * 8)).toEqual(source.subarray(10 * 8));
  });

  it('with ESIs chosen not to determine the block are refused', () => {
    // None of the symbols contains intermediate symbols 0 to 23, so that only the checks say anything about these.
    const code = blockCode(40);
    const esis: number[] = [];
    for (let esi = 40; esis.length < 40 + SPARE_SYMBOLS; esi++) {
      const columns = ltSymbols(code, internalId(code, esi));
      if (columns.some((column) => column < 24)) continue;
      esis.push(esi);
      expect(solveBlock(ones(40, esis), 1)).toBe(false);
    }
  });

  it('with ESIs chosen to make the matrix dense are refused, soon and in little memory', () => {
    const sourceCount = 3000;
    const code = blockCode(sourceCount);
    const esis: number[] = [];
    for (let esi = sourceCount; esis.length < sourceCount + SPARE_SYMBOLS; esi++) {
      if (ltSymbols(code, internalId(code, esi)).length >= 32) esis.push(esi);
    }
    expect(solveBlock(ones(sourceCount, esis), 1)).toBe(false);
  });
});

/** Symbols of one byte, each 1. */
function ones(sourceCount: number, esis: readonly number[]) {
  return rowsOf(sourceCount, 1, esis, (_, into) => into.fill(1));
}

describe('restoreBlock and solveBlock with anything at all', () => {
  it.each([
    ['restoreBlock', restoreBlock],
    ['solveBlock', solveBlock],
  ])('%s answers yes or no, or with a typed error', (_, restore) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: -1, max: 5 }),
        fc.array(fc.oneof(fc.integer({ min: -2, max: 50 }), fc.integer()), { maxLength: 45 }),
        (blockBytes, spareBytes, symbolBytes, esis) => {
          const partial = {
            block: new Uint8Array(blockBytes),
            spare: new Uint8Array(spareBytes),
            esis: Int32Array.from(esis),
          };
          try {
            expect(typeof restore(partial, symbolBytes)).toBe('boolean');
          } catch (error) {
            expect(error).toMatchObject({ code: 'FEC_INVALID' });
          }
        },
      ),
      { numRuns: 1000, seed: 2 },
    );
  });

  it('refuse impossible ESIs', () => {
    const restore = (esis: number[], spareBytes = 0, symbolBytes = 2) =>
      restoreBlock(
        { block: new Uint8Array(8), spare: new Uint8Array(spareBytes), esis: Int32Array.from(esis) },
        symbolBytes,
      );
    expect(restore([0, 1, 2, 3])).toBe(true);
    for (const esis of [
      [0, 1, 2],
      [0, 1, 2, 3, 4],
      [0, 1, 3, -1],
      [0, 1, 9, 9],
      [0, 1, 2, -2],
      [0, 1, 2, MAX_ESI + 1],
    ]) {
      expect(() => restore(esis)).toThrow(invalid);
    }
    expect(() => restore([0, 1, 2, 3], 1)).toThrow(invalid);
    expect(() => restore([0, 1, 2, 3], 0, 3)).toThrow(invalid);
    expect(() => restore([0, 1, 2, 3], 0, 0)).toThrow(invalid);
  });

  it('restore any random loss with two symbols more than were lost', () => {
    const random = randomFrom(4);
    const source = randomBytes(200 * 3, 9);
    const encoder = BlockEncoder.fromSource(source, 3);
    for (let trial = 0; trial < 200; trial++) {
      const esis = Int32Array.from({ length: 202 }, (_, row) => (row < 200 ? row : row + 1000 * trial));
      const block = source.slice();
      const spare = new Uint8Array(6);
      encoder.encode(esis[200]!, spare);
      encoder.encode(esis[201]!, spare.subarray(3));
      for (const row of pick(Math.floor(random() * 200), 200, random)) {
        esis[row] = 2000 + 1000 * trial + row;
        encoder.encode(esis[row]!, block.subarray(3 * row));
      }
      expect(restoreBlock({ block, spare, esis }, 3)).toBe(true);
      expect(block).toEqual(source);
    }
  });

  it('refuse blocks that the code does not have', () => {
    for (const [blockBytes, symbolBytes] of [
      [0, 1],
      [10, 0],
      [10, -1],
      [10, 3],
      [10, 2.5],
      [10, Number.NaN],
      [56_404, 1],
      [65_536, 65_536],
    ] as const) {
      const partial = { block: new Uint8Array(blockBytes), spare: new Uint8Array(0), esis: new Int32Array(0) };
      expect(() => restoreBlock(partial, symbolBytes)).toThrow(invalid);
    }
  });
});
