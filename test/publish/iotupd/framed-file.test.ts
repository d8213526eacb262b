import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { FrameHashWorker } from '../../../dist/publish/iotupd/frame-hash-worker.js';
import { strideOf } from '../../../dist/publish/iotupd/framed-file.js';
import { FileSource } from '../../../dist/store/file-source.js';
import { Thread } from '../../../dist/work/thread.js';

/** One thread for all files: starting one takes a tenth of a second. */
const thread = new Thread<FrameHashWorker>(
  new URL('../../../dist/publish/iotupd/frame-hash-worker.js', import.meta.url),
  'counting',
);
afterAll(() => thread.close());

/** Bytes that iotupd's receiver counts until nothing changes any more: those of frames that change a byte of its file. */
function countedBytes(content: Buffer, strideBytes: number): number {
  const file = Buffer.alloc(content.length);
  let counted = 0;
  for (let offset = 0; ; offset += strideBytes) {
    const data = content.subarray(offset, offset + 1194);
    if (data.compare(file, offset, offset + data.length) !== 0) counted += data.length;
    data.copy(file, offset);
    if (offset + 1194 >= content.length) return counted;
  }
}

const counter = (content: Buffer) => async (strideBytes: number) => countedBytes(content, strideBytes);

/** Files of runs of zeros and of other bytes. */
const files = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9000 }), fc.boolean()), { minLength: 1, maxLength: 20 })
  .map((runs) => Buffer.concat(runs.map(([length, isZero]) => Buffer.alloc(length, isZero ? 0 : 7))));

describe('the distance between frames', () => {
  it('is that of whole frames for a file without a frame of zeros', async () => {
    expect(await strideOf(5000, counter(Buffer.alloc(5000, 1)))).toBe(1194);
  });

  it('lets a receiver of iotupd complete a file with zeros, or is none', async () => {
    let overlapping = 0;
    await fc.assert(
      fc.asyncProperty(files, async (content) => {
        const strideBytes = await strideOf(content.length, counter(content));
        if (strideBytes === undefined) return;
        if (strideBytes < 1194) overlapping++;
        expect(countedBytes(content, strideBytes)).toBeGreaterThanOrEqual(content.length);
      }),
      { numRuns: 200 },
    );
    expect(overlapping).toBeGreaterThan(10);
  });

  it('follows from what the thread counts in a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'layercast-framed-'));
    try {
      await fc.assert(
        fc.asyncProperty(files, fc.constantFrom(1194, 1044, 447, 149), async (content, strideBytes) => {
          writeFileSync(join(folder, 'file'), content);
          const source = await FileSource.open(join(folder, 'file'));
          const { fd, path, sizeBytes } = source;
          const counted = await thread.call('countChanging', { fd, path, sizeBytes, strideBytes });
          await source.close();
          expect(counted).toBe(countedBytes(content, strideBytes));
        }),
        { numRuns: 12 },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is none for a file of zeros', async () => {
    expect(await strideOf(50_000, counter(Buffer.alloc(50_000)))).toBeUndefined();
  });
});
