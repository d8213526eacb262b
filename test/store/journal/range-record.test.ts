import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readRangeRecord, removeRangeRecord, writeRangeRecord } from '../../../dist/store/journal/range-record.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-ranges-'));
const path = join(folder, 'file.part.journal');
const record = {
  hash: 'ab'.repeat(32),
  sizeBytes: 5000,
  ranges: [
    [0, 1194],
    [2000, 5000],
  ] as const,
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the record of stretches', () => {
  it('comes back as it was written, and not after it was removed', async () => {
    await writeRangeRecord(path, record);
    expect(await readRangeRecord(path)).toMatchObject(record);
    await removeRangeRecord(path);
    expect(await readRangeRecord(path)).toBeUndefined();
  });

  it.each([
    [{ ...record, hash: 'ab' }],
    [{ ...record, sizeBytes: -1 }],
    [{ ...record, ranges: [[0, 5001]] }],
    [{ ...record, ranges: [[5, 5]] }],
    [
      {
        ...record,
        ranges: [
          [0, 10],
          [10, 20],
        ],
      },
    ],
    [
      {
        ...record,
        ranges: [
          [0, 10],
          [5, 20],
        ],
      },
    ],
    [{ ...record, ranges: [[0, 1.5]] }],
    [{ ...record, ranges: 7 }],
  ])('is ignored when it says what cannot be: %j', async (wrong) => {
    await writeRangeRecord(path, wrong as never);
    expect(await readRangeRecord(path)).toBeUndefined();
  });

  it('is ignored when it was cut or changed anywhere, unless it still is one', async () => {
    await writeRangeRecord(path, record);
    const text = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 2), fc.nat(255), fc.boolean(), async (at, byte, isCut) => {
        const changed = Buffer.from(text);
        changed[at] = byte;
        writeFileSync(path, isCut ? text.subarray(0, at) : changed);
        const found = await readRangeRecord(path);
        if (found !== undefined)
          expect(found.ranges.every(([start, end]) => start < end && end <= found.sizeBytes)).toBe(true);
        if (isCut) expect(found).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});
