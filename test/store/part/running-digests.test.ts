import { createHash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockLength, blockOffset, geometryOf } from '../../../dist/object/geometry.js';
import { PartFile } from '../../../dist/store/part/part-file.js';
import { RunningDigests } from '../../../dist/store/part/running-digests.js';
import { scratchDirectory } from '../scratch.js';

/** 10 symbols, the last one short, in blocks of 4, 3 and 3. */
const GEOMETRY = geometryOf(77, 8, 3);
const BYTES = Uint8Array.from({ length: 77 }, (_, i) => i * 37);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const symbols = (first: number, count: number) => BYTES.subarray(first * 8, (first + count) * 8);

describe('the hash of a block while its bytes are in memory', () => {
  it('is ready when all bytes came in order, in pieces across the borders of blocks', () => {
    const digests = new RunningDigests(GEOMETRY);
    digests.add(0, 3, symbols(0, 3));
    digests.add(3, 5, symbols(3, 5));
    digests.add(8, 2, symbols(8, 2));
    for (const [block, end] of [4, 7, 10].entries()) {
      const { hash, nextPlace } = digests.take(block);
      expect(nextPlace).toBe(end);
      const start = blockOffset(GEOMETRY, block);
      expect(hash.digest('hex')).toBe(sha256(BYTES.subarray(start, start + blockLength(GEOMETRY, block))));
    }
  });

  it('stops at bytes that do not come next', () => {
    const digests = new RunningDigests(GEOMETRY);
    digests.add(0, 2, symbols(0, 2));
    digests.add(3, 1, symbols(3, 1));
    digests.add(0, 2, symbols(0, 2));
    const { hash, nextPlace } = digests.take(0);
    expect(nextPlace).toBe(2);
    expect(hash.digest('hex')).toBe(sha256(symbols(0, 2)));
  });

  it('begins anew when bytes of the block change', () => {
    const digests = new RunningDigests(GEOMETRY);
    digests.add(0, 3, symbols(0, 3));
    digests.forget(2, 1);
    digests.add(2, 2, symbols(2, 2));
    expect(digests.take(0).nextPlace).toBe(0);
    digests.forget(0, 4);
    digests.add(0, 4, symbols(0, 4));
    expect(digests.take(0).nextPlace).toBe(4);
  });
});

describe('the digest that a part file gives of a block', () => {
  it('is that of the bytes that were written last, whatever the order and the flushes between', async () => {
    const path = join(await scratchDirectory(), 'object.part');
    const write = fc.record({ kind: fc.constant('write' as const), place: fc.nat(9), seed: fc.nat(2) });
    const flush = fc.constant({ kind: 'flush' as const });
    const digest = fc.record({ kind: fc.constant('digest' as const), block: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 8, arbitrary: write }, flush, digest), { maxLength: 40 }),
        async (steps) => {
          const options = { path, geometry: GEOMETRY, resume: false, pageSymbolCount: 2, pageCount: 8 };
          const part = await PartFile.open({ ...options, ownCount: (_, count) => count });
          const model = new Uint8Array(77);
          const isWritten = new Set<number>();
          try {
            for (const step of steps) {
              if (step.kind === 'flush') await part.flush();
              if (step.kind === 'write') {
                const bytes = BYTES.subarray(step.place * 8, step.place * 8 + 8).map((byte) => byte + step.seed);
                if (isWritten.has(step.place)) part.forgetHashed(step.place, 1);
                while (!part.write(step.place, bytes, 0, bytes.length)) await part.flush();
                isWritten.add(step.place);
                model.set(bytes, step.place * 8);
              }
              if (step.kind !== 'digest') continue;
              const start = blockOffset(GEOMETRY, step.block);
              const expected = sha256(model.subarray(start, start + blockLength(GEOMETRY, step.block)));
              expect(Buffer.from(await part.digestOf(step.block)).toString('hex')).toBe(expected);
            }
          } finally {
            await part.discard();
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
