import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockEncoder } from '../../../dist/fec/index.js';
import { blockLength, geometryOf } from '../../../dist/object/geometry.js';
import { Restoration } from '../../../dist/receiver/assemble/restoration.js';
import { instantSolver } from '../../../dist/simulate/index.js';

const SYMBOL_BYTES = 16;
const SOURCE_COUNT = 12;
/** The last symbol is short. */
const SIZE_BYTES = SOURCE_COUNT * SYMBOL_BYTES - 5;
const geometry = geometryOf(SIZE_BYTES, SYMBOL_BYTES, 1);
const source = Uint8Array.from({ length: SIZE_BYTES }, (_, i) => (i * 131 + 7) & 255);
const encoder = BlockEncoder.fromSource(source, SYMBOL_BYTES);
const solver = instantSolver();
const digest = createHash('sha256').update(source).digest();

function symbol(esi: number): Uint8Array {
  const bytes = new Uint8Array(SYMBOL_BYTES);
  encoder.encode(esi, bytes);
  return bytes;
}

/** Any symbols, source and repair, in any places but the short last one, and up to four more as spares. */
const contents = fc
  .record({
    esis: fc.uniqueArray(fc.oneof(fc.nat(SOURCE_COUNT - 1), fc.integer({ min: SOURCE_COUNT, max: 5000 })), {
      minLength: SOURCE_COUNT + 3,
      maxLength: SOURCE_COUNT + 3,
    }),
    hasLast: fc.boolean(),
  })
  .map(({ esis, hasLast }) => {
    const last = SOURCE_COUNT - 1;
    const others = esis.filter((esi) => esi !== last);
    const places = [...others.slice(0, last), hasLast ? last : -1];
    return { places, spares: others.slice(last) };
  });

describe('a block of coded symbols', () => {
  it('is restored from any symbols in any places, spare source symbols too', async () => {
    await fc.assert(
      fc.asyncProperty(contents, async ({ places, spares }) => {
        const file = new Uint8Array(SIZE_BYTES).fill(0xee);
        for (const [place, esi] of places.entries()) {
          if (esi >= 0) file.set(symbol(esi).subarray(0, SIZE_BYTES - place * SYMBOL_BYTES), place * SYMBOL_BYTES);
        }
        const store = {
          read: async (place: number, into: Uint8Array) =>
            into.set(file.subarray(place * SYMBOL_BYTES, place * SYMBOL_BYTES + into.length)),
        };
        const restoration = new Restoration(geometry, store, solver, 1);
        const content = {
          esis: Int32Array.from(places),
          spares: spares.map((esi) => ({ esi, origin: 1, bytes: symbol(esi) })),
        };
        const restored = await restoration.restore(0, content);
        // Twelve symbols or more nearly always determine a block of twelve. If they do, the result must be the block.
        fc.pre(restored !== undefined);
        expect(Buffer.from(restored!.bytes).equals(source)).toBe(true);
        expect(restored!.bytes.length).toBe(blockLength(geometry, 0));
        expect(Buffer.from(restored!.sha256).equals(digest)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
