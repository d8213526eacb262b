import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkList } from '../../dist/chunks/chunk-index.js';
import { type DeltaHead, deltaHeadLength, packDeltaHead, readDeltaHead } from '../../dist/chunks/delta-head.js';
import vectors from '../vectors/deltas.json' with { type: 'json' };

/** A head of chunks with these lengths; equal numbers in `contents` are equal chunks. */
function headOf(lengths: readonly number[], contents: readonly number[], isBrought: (chunk: number) => boolean) {
  const list = new ChunkList();
  for (const [i, length] of lengths.entries()) list.add(length, Buffer.alloc(16, contents[i]));
  const index = list.toIndex();
  const brought = lengths
    .map((_, chunk) => chunk)
    .filter((chunk) => index.firstOf(chunk) === chunk && isBrought(chunk));
  const bytesBehind = brought.reduce((sum, chunk) => sum + index.lengthOf(chunk), 0);
  return { head: { index, brought }, bytesBehind };
}

function described({ index, brought }: DeltaHead) {
  const chunks = Array.from({ length: index.count }, (_, chunk) => [
    index.offsetOf(chunk),
    index.lengthOf(chunk),
    index.hashOf(chunk).toString('hex'),
    index.firstOf(chunk),
  ]);
  return { chunks, brought };
}

describe('the head of a delta', () => {
  const someChunks = fc.array(fc.tuple(fc.integer({ min: 4096, max: 65_536 }), fc.integer({ min: 0, max: 9 })), {
    minLength: 1,
    maxLength: 40,
  });

  it('reads back as it was written', () => {
    fc.assert(
      fc.property(someChunks, (chunks) => {
        const sizes = new Map(chunks.map(([length, content]) => [content, length]));
        const lengths = chunks.map(([, content]) => sizes.get(content)!);
        const { head, bytesBehind } = headOf(
          lengths,
          chunks.map(([, content]) => content),
          (chunk) => chunk % 3 === 0,
        );
        const bytes = packDeltaHead(head);
        const { sizeBytes } = head.index;
        expect(deltaHeadLength(bytes.subarray(0, 8), sizeBytes)).toBe(bytes.length);
        expect(described(readDeltaHead(bytes, sizeBytes, bytesBehind)!)).toEqual(described(head));
        expect(readDeltaHead(bytes, sizeBytes + 1, bytesBehind)).toBeUndefined();
        expect(readDeltaHead(bytes, sizeBytes, bytesBehind + 1)).toBeUndefined();
      }),
    );
  });

  it('is refused when it is cut, and never more than refused when it is damaged or random', () => {
    const { head, bytesBehind } = headOf([5000, 6000, 5000, 300], [1, 2, 1, 3], (chunk) => chunk !== 1);
    const bytes = packDeltaHead(head);
    const { sizeBytes } = head.index;
    for (let end = 0; end < bytes.length; end++) {
      expect(readDeltaHead(bytes.subarray(0, end), sizeBytes, bytesBehind)).toBeUndefined();
    }
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      const found = readDeltaHead(damaged, sizeBytes, bytesBehind);
      // A damaged hash is a hash. Two equal chunks of which one is damaged are two chunks.
      if (found !== undefined) expect(found.index.sizeBytes).toBe(sizeBytes);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.nat(), (random, size, behind) => {
        const start = Buffer.concat([bytes.subarray(0, 4), random]);
        expect(readDeltaHead(start, size, behind)?.index.sizeBytes ?? size).toBe(size);
        expect(readDeltaHead(Buffer.from(random), size, behind)).toBeUndefined();
      }),
    );
  });

  it('has no more chunks than its object can have, whatever it says', () => {
    const bytes = Buffer.alloc(8);
    packDeltaHead(headOf([5000], [1], () => true).head).copy(bytes);
    bytes.writeUInt32BE(2 ** 32 - 1, 4);
    expect(deltaHeadLength(bytes, 1e12)).toBeUndefined();
    bytes.writeUInt32BE(3, 4);
    expect(deltaHeadLength(bytes, 8192)).toBeUndefined();
  });

  it('is that of the vectors', () => {
    const { lengths, contents, brought, hex } = vectors.head;
    const { head } = headOf(lengths, contents, (chunk) => brought.includes(chunk));
    expect(packDeltaHead(head).toString('hex')).toBe(hex);
  });
});

describe('an index of chunks', () => {
  it('finds each of many chunks by its hash, and no other', () => {
    const hashes = Array.from({ length: 5000 }, () => randomBytes(16));
    const list = new ChunkList();
    for (const hash of [...hashes, ...hashes]) list.add(5000, hash);
    const index = list.toIndex();
    for (const [chunk, hash] of hashes.entries()) {
      expect(index.find(hash)).toBe(chunk);
      expect(index.firstOf(5000 + chunk)).toBe(chunk);
    }
    for (let i = 0; i < 1000; i++) expect(index.find(randomBytes(16))).toBe(-1);
  });
});
