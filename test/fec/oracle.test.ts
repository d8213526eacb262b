import { describe, expect, it } from 'vitest';
import { blockCode } from '../../dist/fec/code.js';
import { BlockEncoder, solveBlock } from '../../dist/fec/index.js';
import { oracleDecode, oracleEncode } from './oracle.js';
import { pick, randomBytes, randomFrom, rowsOf } from './samples.js';

/** Sizes of the RFC's table (K = K′), sizes one above and one below them, and common sizes. */
const SOURCE_COUNTS = [
  1, 2, 3, 5, 9, 10, 11, 12, 13, 18, 19, 20, 26, 31, 50, 64, 100, 101, 102, 127, 128, 138, 200, 205, 213, 255, 256, 301,
  405, 512, 526, 600, 700, 820, 821, 900, 1000, 1023, 1024, 1032, 1033, 1500, 2048, 4096, 8111, 8192, 20_000, 56_403,
];

describe('against npm raptorq', () => {
  it.each(SOURCE_COUNTS)('makes the same source and repair symbols of %i symbols', (sourceCount) => {
    const symbolBytes = 64;
    const code = blockCode(sourceCount);
    const source = randomBytes(sourceCount * symbolBytes, sourceCount);
    const encoder = BlockEncoder.fromSource(source, symbolBytes);
    const made = new Uint8Array((sourceCount + 40) * symbolBytes);
    encoder.encodeRun(0, sourceCount + 40, made);
    const expected = oracleEncode(code, source, 40);
    expect(expected).toHaveLength(sourceCount + 40);
    for (const { esi, bytes } of expected) {
      const same = Buffer.compare(made.subarray(esi * symbolBytes, (esi + 1) * symbolBytes), bytes);
      expect(same, `ESI ${esi}`).toBe(0);
    }
  });

  it.each([1, 10, 11, 128, 1024, 3000])('each decodes what the other encoded, of %i symbols', (sourceCount) => {
    const symbolBytes = 64;
    const random = randomFrom(sourceCount);
    const source = randomBytes(sourceCount * symbolBytes, sourceCount);
    const encoder = BlockEncoder.fromSource(source, symbolBytes);
    const theirs = oracleEncode(encoder.code, source, sourceCount + 8);
    for (const lossRatio of [0.02, 0.5, 1]) {
      const lost = new Set(pick(Math.ceil(lossRatio * sourceCount), sourceCount, random));
      const kept = theirs.filter(({ esi }) => !lost.has(esi)).slice(0, sourceCount + 4);
      const bytesOf = new Map(kept.map(({ esi, bytes }) => [esi, bytes]));
      const partial = rowsOf(sourceCount, symbolBytes, [...bytesOf.keys()], (esi, into) => into.set(bytesOf.get(esi)!));
      expect(solveBlock(partial, symbolBytes)).toBe(true);
      expect(Buffer.compare(partial.block, source)).toBe(0);

      const ours = kept.map(({ esi }) => {
        const bytes = new Uint8Array(symbolBytes);
        encoder.encode(esi, bytes);
        return { esi, bytes };
      });
      expect(Buffer.compare(oracleDecode(encoder.code, ours)!, source)).toBe(0);
    }
  });
});
