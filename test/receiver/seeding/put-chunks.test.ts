import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../../dist/base/errors.js';
import { ChunkList } from '../../../dist/chunks/chunk-index.js';
import { deltaHeadBytes } from '../../../dist/chunks/delta-head.js';
import { type ChunkedBytes, chunkHash, eachChunk } from '../../../dist/chunks/each-chunk.js';
import { blockOf, firstSymbolOf, geometryOf } from '../../../dist/object/geometry.js';
import { SymbolSet } from '../../../dist/object/symbol-set.js';
import type { ObjectStore } from '../../../dist/receiver/assemble/object-store.js';
import { ChunkSources } from '../../../dist/receiver/seeding/chunk-sources.js';
import { putChunks } from '../../../dist/receiver/seeding/put-chunks.js';
import { SymbolFiller } from '../../../dist/receiver/seeding/symbol-filler.js';

const { signal } = new AbortController();
const symbolBytes = 1000;

function inMemory(bytes: Buffer): ChunkedBytes {
  return { read: async (offset, into) => bytes.copy(into, 0, offset, offset + into.length) };
}

/** A store that checks each symbol against the object, and refuses some at first. */
function storeOf(wanted: Buffer, refusalCount = 0) {
  const geometry = geometryOf(wanted.length, symbolBytes, 3);
  const filled = new SymbolSet(geometry.symbolCount);
  let refusals = refusalCount;
  const store = {
    holdings: { geometry, filled },
    writeSymbol(place: number, esi: number, bytes: Uint8Array, start: number, length: number) {
      if (refusals-- > 0) return false;
      expect(esi).toBe(place - firstSymbolOf(geometry, blockOf(geometry, place)));
      const at = place * symbolBytes;
      expect(length).toBe(Math.min(symbolBytes, wanted.length - at));
      expect(Buffer.compare(bytes.subarray(start, start + length), wanted.subarray(at, at + length))).toBe(0);
      filled.add(place);
      return true;
    },
  };
  return { filled, store: store as unknown as ObjectStore };
}

async function indexOf(wanted: Buffer) {
  const list = new ChunkList();
  await eachChunk(inMemory(wanted), (chunk) => {
    list.add(chunk.length, chunkHash(chunk));
    return true;
  });
  return list.toIndex();
}

/** Puts what these seeds have of an object into a store; the delta brings nothing. */
async function put(wanted: Buffer, seeds: readonly Buffer[], changed = seeds, refusalCount = 0) {
  const index = await indexOf(wanted);
  const places = new ChunkSources({ index, brought: [] }, deltaHeadBytes(index.count));
  for (const [i, seed] of seeds.entries()) await places.search(inMemory(seed), i + 1, signal);
  const { filled, store } = storeOf(wanted, refusalCount);
  let pauses = 0;
  const filler = new SymbolFiller(store, async () => void pauses++);
  const sources = [inMemory(Buffer.alloc(0)), ...changed.map(inMemory)];
  const bytes = await putChunks(index, places, sources, filler, async () => undefined, signal);
  expect(filler.bytes).toBe(bytes.fromSeeds);
  return { filled, bytes, pauses };
}

describe('chunks of seeds', () => {
  it('fill their places, whatever lies between them and in whatever order they are', async () => {
    const pieceOf = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.boolean());
    const parts = Array.from({ length: 4 }, () => randomBytes(90_000));
    await fc.assert(
      fc.asyncProperty(fc.array(pieceOf, { minLength: 1, maxLength: 6 }), async (pieces) => {
        const wanted = Buffer.concat(pieces.map(([part, isFresh]) => (isFresh ? randomBytes(20_001) : parts[part]!)));
        const { bytes } = await put(wanted, [Buffer.concat(parts.toReversed()), parts[0]!]);
        // Each piece loses at most a chunk at each end, and all but a symbol at each end of the rest is there.
        const known = pieces.reduce((sum, [, isFresh]) => sum + (isFresh ? 0 : 1), 0);
        expect(bytes.fromSeeds).toBeLessThanOrEqual(wanted.length);
        expect(bytes.fromSeeds).toBeGreaterThanOrEqual(
          known * (90_000 - 80_000) - 4 * symbolBytes * pieces.length - 80_000,
        );
      }),
      { numRuns: 20 },
    );
  });

  it('are all of an object that has not changed', async () => {
    const wanted = randomBytes(300_123);
    const { filled, pauses } = await put(wanted, [wanted], [wanted], 3);
    expect(filled.isComplete).toBe(true);
    expect(pauses).toBe(3);
  });

  it('are put no further when the disk is full', async () => {
    const wanted = randomBytes(300_123);
    const index = await indexOf(wanted);
    const places = new ChunkSources({ index, brought: [] }, deltaHeadBytes(index.count));
    await places.search(inMemory(wanted), 1, signal);
    const full = new LayercastError('DISK_FULL', 'no space left');
    const store = { ...storeOf(wanted, Infinity).store, checkpoint: () => Promise.reject(full) };
    let pauses = 0;
    const filler = new SymbolFiller(store, async () => void pauses++);
    const sources = [inMemory(Buffer.alloc(0)), inMemory(wanted)];
    await expect(putChunks(index, places, sources, filler, async () => undefined, signal)).rejects.toBe(full);
    expect(pauses).toBe(100);
  });

  it('are left out when they have changed since they were found, or cannot be read any more', async () => {
    const wanted = randomBytes(400_000);
    const changed = Buffer.from(wanted);
    changed.fill(0, 100_000, 100_010);
    const { filled, bytes } = await put(wanted, [wanted], [changed.subarray(0, 350_000)]);
    expect(filled.has(100)).toBe(false);
    expect(filled.has(399)).toBe(false);
    expect(filled.has(0)).toBe(true);
    expect(bytes.fromSeeds).toBeGreaterThan(100_000);
  });
});
