import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockLength, blockOffset, geometryOf } from '../../../dist/object/geometry.js';
import type { ByteSink } from '../../../dist/retrieve/stream/byte-sink.js';
import { nothingTaken, OrderedBytes, type Taken } from '../../../dist/retrieve/stream/ordered-bytes.js';

class Collector implements ByteSink {
  readonly pieces: Buffer[] = [];
  hasEnded = false;
  fault: Error | undefined;

  async write(bytes: Uint8Array): Promise<void> {
    await Promise.resolve();
    if (this.fault !== undefined) throw this.fault;
    this.pieces.push(Buffer.from(bytes));
  }

  async end(): Promise<void> {
    this.hasEnded = true;
  }

  abandon(): void {
    this.fault = new Error('abandoned');
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

const CONTENT = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) >> 3));
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const turn = () => new Promise((resolve) => setImmediate(resolve));

function begin(sizeBytes: number, symbolBytes: number, blockCount: number, sink: ByteSink, taken: Taken) {
  const content = CONTENT.subarray(0, sizeBytes);
  const geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
  const read = async (place: number, into: Uint8Array) => {
    content.copy(into, 0, place * symbolBytes, place * symbolBytes + into.length);
  };
  return { geometry, content, bytes: new OrderedBytes({ geometry, read, sink, taken }) };
}

const cutting = fc
  .record({ sizeBytes: fc.integer({ min: 1, max: 5000 }), symbolBytes: fc.integer({ min: 1, max: 700 }) })
  .chain(({ sizeBytes, symbolBytes }) =>
    fc
      .integer({ min: 1, max: Math.min(12, Math.ceil(sizeBytes / symbolBytes)) })
      .map((blockCount) => ({ sizeBytes, symbolBytes, blockCount })),
  );

test('bytes are written in order, and none before its block and all blocks before are proven', async () => {
  await fc.assert(
    fc.asyncProperty(cutting, fc.infiniteStream(fc.nat()), async ({ sizeBytes, symbolBytes, blockCount }, dice) => {
      const sink = new Collector();
      const { geometry, content, bytes } = begin(sizeBytes, symbolBytes, blockCount, sink, nothingTaken());
      const left = new Set(Array.from({ length: blockCount }, (_, block) => block));
      while (left.size > 0) {
        const block = [...left][dice.next().value! % left.size]!;
        left.delete(block);
        bytes.prove(block);
        await turn();
        const first = left.size === 0 ? blockCount : Math.min(...left);
        const provenBytes = first === blockCount ? sizeBytes : blockOffset(geometry, first);
        expect(sink.bytes.equals(content.subarray(0, provenBytes))).toBe(true);
      }
      await bytes.finish(sha256Of(content));
      expect([sink.bytes.length, sink.hasEnded]).toEqual([sizeBytes, true]);
    }),
    { numRuns: 40 },
  );
});

test('the same content in other pieces is continued where the sink stands', async () => {
  await fc.assert(
    fc.asyncProperty(cutting, fc.nat(), async ({ sizeBytes, symbolBytes, blockCount }, seed) => {
      const [sink, taken] = [new Collector(), nothingTaken()];
      const former = begin(sizeBytes, 3, 1 + (seed % Math.min(9, Math.ceil(sizeBytes / 3))), sink, taken);
      former.bytes.prove(0);
      await former.bytes.stop();
      expect(taken.bytes).toBeLessThanOrEqual(blockLength(former.geometry, 0));
      const { bytes, content } = begin(sizeBytes, symbolBytes, blockCount, sink, taken);
      await bytes.finish(sha256Of(content));
      expect(sink.bytes.equals(content)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('bytes that the disk has changed since they were proven are an error, and the sink hears of no end', async () => {
  const sink = new Collector();
  const { bytes } = begin(100, 10, 2, sink, nothingTaken());
  await expect(bytes.finish(new Uint8Array(32))).rejects.toMatchObject({ code: 'FILE_IO' });
  expect([sink.hasEnded, sink.fault?.message]).toEqual([false, 'abandoned']);
});

test('a sink that takes no more fails the next check and the end', async () => {
  const sink = new Collector();
  const { bytes, content } = begin(100, 10, 2, sink, nothingTaken());
  sink.abandon();
  bytes.check();
  bytes.prove(0);
  await turn();
  expect(() => bytes.check()).toThrow('abandoned');
  await expect(bytes.finish(sha256Of(content))).rejects.toThrow('abandoned');
});
