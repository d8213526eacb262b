import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameCarousel, frameCountOf } from '../../../dist/sender/iotupd/frame-carousel.js';
import { slowFrame } from '../../wire/slow-iotupd-frame.js';

const NO_LIMITS = { maxBatchCount: Number.POSITIVE_INFINITY, maxBatchBytes: Number.POSITIVE_INFINITY };

function sourceOf(bytes: Buffer) {
  return {
    sizeBytes: bytes.length,
    read: async (offset: number, into: Uint8Array) => {
      if (offset + into.length > bytes.length) throw new Error('beyond the end');
      into.set(bytes.subarray(offset, offset + into.length));
    },
  };
}

/** The next `count` frames of a carousel, copied as they leave. */
async function framesOf(carousel: FrameCarousel, count: number, limits = NO_LIMITS): Promise<Buffer[]> {
  const frames: Buffer[] = [];
  while (frames.length < count) {
    if (carousel.wantsRefill) await carousel.refill();
    for (const { bytes, datagramBytes } of carousel.take(count - frames.length, limits)) {
      for (let at = 0; at < bytes.length; at += datagramBytes)
        frames.push(Buffer.from(bytes.subarray(at, at + datagramBytes)));
    }
  }
  return frames;
}

describe('the carousel of frames', () => {
  it('sends the frames that the slow writer makes, in rounds without end, numbered from 0', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300_000 }),
        fc.constantFrom(1246, 1251, 1252),
        fc.constantFrom(1194, 1044, 149),
        fc.nat(400),
        async (sizeBytes, frameBytes, strideBytes, firstFrame) => {
          const content = Buffer.alloc(sizeBytes);
          for (let i = 0; i < sizeBytes; i++) content[i] = (i * 31) % 251;
          const hash = createHash('sha256').update(content).digest();
          const file = { source: sourceOf(content), hash, frameBytes: frameBytes as 1246, strideBytes, firstFrame };
          const frameCount = frameCountOf(sizeBytes, strideBytes);
          const sent = await framesOf(new FrameCarousel(file), 300);
          for (const [sequence, frame] of sent.entries()) {
            const offset = ((firstFrame + sequence) % frameCount) * strideBytes;
            const data = content.subarray(offset, offset + 1194);
            const numbers = { size: BigInt(sizeBytes), offset: BigInt(offset), length: BigInt(data.length) };
            if (!frame.equals(slowFrame({ frameBytes, sequence, ...numbers, hash, data })))
              expect(sequence).toBe('as written');
          }
          // The last frame of a round reaches to the end of the file.
          expect((frameCount - 1) * strideBytes + 1194).toBeGreaterThanOrEqual(sizeBytes);
          if (frameCount > 1) expect((frameCount - 2) * strideBytes + 1194).toBeLessThan(sizeBytes);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('keeps to the limits of a network', async () => {
    const content = Buffer.alloc(100_000, 1);
    const file = {
      source: sourceOf(content),
      hash: Buffer.alloc(32),
      frameBytes: 1252 as const,
      strideBytes: 1194,
      firstFrame: 0,
    };
    const carousel = new FrameCarousel(file);
    await carousel.refill();
    const counts = (limits: typeof NO_LIMITS) => carousel.take(10, limits).map(({ count }) => count);
    expect(counts({ ...NO_LIMITS, maxBatchCount: 4 })).toEqual([4, 4, 2]);
    expect(counts({ ...NO_LIMITS, maxBatchBytes: 3 * 1252 + 5 })).toEqual([3, 3, 3, 1]);
    expect(carousel.sentCount).toBe(20);
  });
});
