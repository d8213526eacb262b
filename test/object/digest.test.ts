import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectHasher } from '../../dist/object/digest.js';
import { blockLength, blockOffset, geometryOf } from '../../dist/object/geometry.js';

const objects = fc
  .record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 400 }), symbolBytes: fc.integer({ min: 1, max: 40 }) })
  .chain(({ bytes, symbolBytes }) =>
    fc.record({
      bytes: fc.constant(bytes),
      symbolBytes: fc.constant(symbolBytes),
      blockCount: fc.integer({ min: 1, max: Math.ceil(bytes.length / symbolBytes) }),
      pieces: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 20 }),
    }),
  );

describe('the digests of an object', () => {
  it('are the SHA-256 of the object and of each block, in whatever pieces the bytes come', () => {
    fc.assert(
      fc.property(objects, ({ bytes, symbolBytes, blockCount, pieces }) => {
        const geometry = geometryOf(bytes.length, symbolBytes, blockCount);
        const hasher = new ObjectHasher(geometry);
        let start = 0;
        for (const length of [...pieces, bytes.length]) {
          hasher.update(bytes.subarray(start, start + length));
          start = Math.min(bytes.length, start + length);
        }
        const { sha256, blockDigests } = hasher.digest();
        expect(sha256.toString('hex')).toBe(hash('sha256', bytes));
        expect(blockDigests.length).toBe(blockCount * 32);
        for (let block = 0; block < blockCount; block++) {
          const first = blockOffset(geometry, block);
          const content = bytes.subarray(first, first + blockLength(geometry, block));
          expect(blockDigests.toString('hex', block * 32, block * 32 + 32)).toBe(hash('sha256', content));
        }
      }),
    );
  });

  it('of the empty object are the hash of nothing and no blocks', () => {
    const { sha256, blockDigests } = new ObjectHasher(geometryOf(0, 16, 0)).digest();
    expect(sha256.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(blockDigests.length).toBe(0);
  });

  it('are refused for too few or too many bytes', () => {
    const hasher = new ObjectHasher(geometryOf(5, 2, 2));
    hasher.update(new Uint8Array(4));
    expect(() => hasher.digest()).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(() => hasher.update(new Uint8Array(2))).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(hasher.hashedBytes).toBe(4);
  });
});
