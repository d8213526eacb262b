import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES } from '../../dist/chunks/chunk-ends.js';
import { type ChunkedBytes, chunkHash, eachChunk } from '../../dist/chunks/each-chunk.js';
import vectors from '../vectors/deltas.json' with { type: 'json' };

function inMemory(bytes: Buffer): ChunkedBytes {
  return { read: async (offset, into) => bytes.copy(into, 0, offset, offset + into.length) };
}

async function chunksOf(bytes: Buffer): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  await eachChunk(inMemory(bytes), (chunk, offset) => {
    expect(offset).toBe(chunks.reduce((sum, { length }) => sum + length, 0));
    chunks.push(Buffer.from(chunk));
    return true;
  });
  return chunks;
}

/** Bytes that any language can make: the SHA-256 of 0, 1, 2, … as eight bytes. */
function countedBytes(length: number): Buffer {
  const pieces = Array.from({ length: Math.ceil(length / 32) }, (_, i) => {
    const number = Buffer.alloc(8);
    number.writeUInt32BE(i, 4);
    return createHash('sha256').update(number).digest();
  });
  return Buffer.concat(pieces).subarray(0, length);
}

describe('chunks', () => {
  it('are all of the bytes, in order, and have the lengths that are allowed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1_500_000 }), fc.boolean(), async (length, isRandom) => {
        const bytes = isRandom ? randomBytes(length) : Buffer.alloc(length, 7);
        const chunks = await chunksOf(bytes);
        expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
        for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
        for (const chunk of chunks.slice(0, -1)) expect(chunk.length).toBeGreaterThanOrEqual(MIN_CHUNK_BYTES);
      }),
      { numRuns: 12 },
    );
  });

  it('have the target length on average', async () => {
    const chunks = await chunksOf(randomBytes(8_000_000));
    expect(8_000_000 / chunks.length).toBeGreaterThan(0.85 * TARGET_CHUNK_BYTES);
    expect(8_000_000 / chunks.length).toBeLessThan(1.15 * TARGET_CHUNK_BYTES);
  });

  it('are the same again soon after bytes that were inserted', async () => {
    const bytes = randomBytes(2_000_000);
    const before = new Set((await chunksOf(bytes)).map((chunk) => chunkHash(chunk).toString('hex')));
    const edited = Buffer.concat([randomBytes(7), bytes.subarray(0, 1e6), randomBytes(100), bytes.subarray(1e6)]);
    const fresh = (await chunksOf(edited)).filter((chunk) => !before.has(chunkHash(chunk).toString('hex')));
    expect(fresh.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(8 * MAX_CHUNK_BYTES);
  });

  it('are read no further when the visitor has enough, and stop with the reason of a signal', async () => {
    const bytes = randomBytes(3_000_000);
    let readCount = 0;
    const source: ChunkedBytes = {
      read: async (offset, into) => {
        readCount++;
        return bytes.copy(into, 0, offset, offset + into.length);
      },
    };
    await eachChunk(source, () => false);
    expect(readCount).toBe(1);
    const reason = new Error('enough');
    await expect(eachChunk(source, () => true, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('end where the vectors say', async () => {
    const chunks = await chunksOf(countedBytes(vectors.chunks.bytes));
    expect(chunks.map(({ length }) => length)).toEqual(vectors.chunks.lengths);
    expect(chunks.map((chunk) => chunkHash(chunk).toString('hex'))).toEqual(vectors.chunks.hashes);
  });
});
