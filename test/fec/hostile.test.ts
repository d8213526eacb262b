import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ESI } from '../../dist/base/limits.js';
import { blockCode, internalId } from '../../dist/fec/code.js';
import { BlockDecoder, BlockEncoder, restoreBlock, SPARE_SYMBOLS } from '../../dist/fec/index.js';
import { ltSymbols } from './reference.js';
import { pick, randomBytes, randomFrom } from './samples.js';

const invalid = expect.objectContaining({ code: 'FEC_INVALID' });

describe('a decoder that is sent anything at all', () => {
  it('ignores symbols with a number or a length that the block does not have', () => {
    const decoder = new BlockDecoder(new Uint8Array(100), 10);
    for (const esi of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_ESI + 1, 2 ** 32, -(2 ** 31)]) {
      expect(decoder.add(esi, new Uint8Array(10))).toBe('invalid');
    }
    for (const length of [0, 9, 11, 65_536]) expect(decoder.add(0, new Uint8Array(length))).toBe('invalid');
    expect(decoder.symbolCount).toBe(0);
    expect(decoder.decode()).toBe(false);
  });

  it('never throws and never answers anything but yes or no', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(
          fc.tuple(
            fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: MAX_ESI }), fc.double()),
            fc.uint8Array({ minLength: 2, maxLength: 4 }),
          ),
          { maxLength: 80 },
        ),
        (sourceCount, symbols) => {
          const decoder = new BlockDecoder(new Uint8Array(3 * sourceCount), 3);
          for (const [esi, bytes] of symbols) {
            expect(['added', 'duplicate', 'surplus', 'invalid']).toContain(decoder.add(esi, bytes));
          }
          const possible = decoder.canDecode();
          expect(decoder.decode()).toBe(possible);
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });

  it('gives a wrong block, and says nothing, when symbols contradict each other: digests are for that', () => {
    const source = randomBytes(30 * 8, 1);
    const encoder = BlockEncoder.fromSource(source, 8);
    const decoder = new BlockDecoder(new Uint8Array(source.length), 8);
    const symbol = new Uint8Array(8);
    for (let esi = 10; esi < 45; esi++) {
      encoder.encode(esi, symbol);
      if (esi === 33) symbol[0]! ^= 1;
      decoder.add(esi, symbol);
    }
    expect(decoder.decode()).toBe(true);
    expect(decoder.block.subarray(10 * 8)).toEqual(source.subarray(10 * 8));
  });

  it('stops at a full set of symbols that were chosen not to determine the block', () => {
    // Symbols that all do without intermediate symbol 0 say nothing about it but through the checks.
    const code = blockCode(40);
    const decoder = new BlockDecoder(new Uint8Array(40), 1);
    let added = 0;
    for (let esi = 40; added < 40 + SPARE_SYMBOLS; esi++) {
      const columns = ltSymbols(code, internalId(code, esi));
      if (columns.some((column) => column < 24)) continue;
      if (decoder.add(esi, Uint8Array.of(1)) === 'added') added++;
      expect(decoder.canDecode()).toBe(false);
    }
    expect(decoder.add(MAX_ESI, Uint8Array.of(1))).toBe('surplus');
    expect(decoder.decode()).toBe(false);
  });

  it('refuses, soon and in little memory, symbols that were chosen to make the matrix dense', () => {
    const sourceCount = 3000;
    const code = blockCode(sourceCount);
    const decoder = new BlockDecoder(new Uint8Array(sourceCount), 1);
    for (let esi = sourceCount; decoder.symbolCount < sourceCount + SPARE_SYMBOLS; esi++) {
      if (ltSymbols(code, internalId(code, esi)).length >= 32) decoder.add(esi, Uint8Array.of(1));
    }
    expect(decoder.decode()).toBe(false);
  });
});

describe('restoreBlock with anything at all', () => {
  it('answers yes or no, or with a typed error', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: -1, max: 5 }),
        fc.array(fc.oneof(fc.integer({ min: -2, max: 50 }), fc.integer()), { maxLength: 45 }),
        (blockBytes, spareBytes, symbolBytes, slots) => {
          const partial = {
            block: new Uint8Array(blockBytes),
            spare: new Uint8Array(spareBytes),
            slots: Int32Array.from(slots),
          };
          try {
            expect(typeof restoreBlock(partial, symbolBytes)).toBe('boolean');
          } catch (error) {
            expect(error).toMatchObject({ code: 'FEC_INVALID' });
          }
        },
      ),
      { numRuns: 1000, seed: 2 },
    );
  });

  it('refuses slots that cannot be', () => {
    const restore = (slots: number[], spareBytes = 0, symbolBytes = 2) =>
      restoreBlock(
        { block: new Uint8Array(8), spare: new Uint8Array(spareBytes), slots: Int32Array.from(slots) },
        symbolBytes,
      );
    expect(restore([0, 1, 2, 3])).toBe(true);
    for (const slots of [
      [0, 1, 2],
      [0, 1, 2, 3, 4],
      [0, 1, 3, -1],
      [0, 1, 9, 9],
      [0, 1, 2, -2],
      [0, 1, 2, MAX_ESI + 1],
    ]) {
      expect(() => restore(slots)).toThrow(invalid);
    }
    expect(() => restore([0, 1, 2, 3], 1)).toThrow(invalid);
    expect(() => restore([0, 1, 2, 3], 0, 3)).toThrow(invalid);
    expect(() => restore([0, 1, 2, 3], 0, 0)).toThrow(invalid);
  });

  it('does not fail on any random loss with two symbols more than were lost', () => {
    const random = randomFrom(4);
    const source = randomBytes(200 * 3, 9);
    const encoder = BlockEncoder.fromSource(source, 3);
    for (let trial = 0; trial < 200; trial++) {
      const slots = Int32Array.from({ length: 202 }, (_, slot) => (slot < 200 ? slot : slot + 1000 * trial));
      const block = source.slice();
      const spare = new Uint8Array(6);
      encoder.encode(slots[200]!, spare);
      encoder.encode(slots[201]!, spare.subarray(3));
      for (const slot of pick(Math.floor(random() * 200), 200, random)) {
        slots[slot] = 2000 + 1000 * trial + slot;
        encoder.encode(slots[slot]!, block.subarray(3 * slot));
      }
      expect(restoreBlock({ block, spare, slots }, 3)).toBe(true);
      expect(block).toEqual(source);
    }
  });
});

describe('BlockDecoder', () => {
  it('refuses blocks that the code does not have', () => {
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
      expect(() => new BlockDecoder(new Uint8Array(blockBytes), symbolBytes)).toThrow(invalid);
    }
  });
});
