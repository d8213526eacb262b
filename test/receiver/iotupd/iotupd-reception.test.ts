import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IotupdReception } from '../../../dist/receiver/iotupd/iotupd-reception.js';
import { slowFrame } from '../../wire/slow-iotupd-frame.js';

const ALICE = 1;

/** A file, its frames by offset, and a reception with the bytes that it has put. */
function scene(sizeBytes = 5000, text = 'one') {
  const hash = createHash('sha256').update(text).digest();
  const content = Buffer.alloc(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) content[i] = (i * 7 + text.length) % 251;
  const frame = (offset: number, sequence = 0, frameBytes = 1246) => {
    const data = content.subarray(offset, offset + 1194);
    const numbers = { size: BigInt(sizeBytes), offset: BigInt(offset), length: BigInt(data.length) };
    return slowFrame({ frameBytes, sequence, ...numbers, hash, data });
  };
  return { hash, content, frame };
}

function receptionOf(isOpen = () => true) {
  const put = Buffer.alloc(10_000);
  const files: string[] = [];
  const reception = new IotupdReception(
    0,
    (offset, bytes, start, length) => {
      if (!isOpen()) return false;
      put.set(bytes.subarray(start, start + length), offset);
      return true;
    },
    ({ hash }) => files.push(Buffer.from(hash).toString('hex')),
  );
  const take = (datagram: Uint8Array, nowUs = 0) => reception.take(datagram, 0, datagram.length, ALICE, nowUs);
  return { reception, put, files, take };
}

describe('frames of iotupd', () => {
  it('make the file in any order, with duplicates, overlaps and all layouts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8000 }),
        fc.array(fc.nat(7999), { maxLength: 30 }),
        fc.constantFrom(1246, 1251, 1252),
        (sizeBytes, offsets, layout) => {
          const { content, frame } = scene(sizeBytes);
          const { reception, put, take } = receptionOf();
          // Servers that count from different places send frames that overlap.
          for (const [count, offset] of offsets.entries()) take(frame(offset % sizeBytes, count, 1252));
          for (let offset = 0; offset < sizeBytes; offset += 1194) {
            expect(reception.isWhole).toBe(reception.ranges.totalBytes === sizeBytes);
            take(frame(offset, offset / 1194, layout));
          }
          expect(reception.isWhole).toBe(true);
          expect(put.subarray(0, sizeBytes).equals(content)).toBe(true);
          expect(reception.dataBytes - reception.duplicateBytes).toBe(sizeBytes);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of a second file are counted and not used, until the first file is silent for 10 s', () => {
    const [one, two] = [scene(5000, 'one'), scene(3000, 'other')];
    const { reception, take, files } = receptionOf();
    expect(take(one.frame(0), 1e6)).toBe(true);
    expect(take(two.frame(0), 10.9e6)).toBe(false);
    expect(reception.refusals).toEqual(new Map([['other', 1]]));
    expect(take(two.frame(1194), 11e6)).toBe(true);
    expect(files).toEqual([one, two].map(({ hash }) => hash.toString('hex')));
    // Nothing of the first file counts for the second.
    expect(reception.ranges.totalBytes).toBe(1194);
  });

  it('of a file that was refused are never used again', () => {
    const { frame } = scene();
    const { reception, take, files } = receptionOf();
    take(frame(0));
    reception.refuse();
    expect(reception.file).toBeUndefined();
    expect(take(frame(1194))).toBe(false);
    expect([reception.refusals.get('refused'), files.length, reception.hasRefused]).toEqual([1, 1, true]);
  });

  it('are taken again when the part file was not open, or when all bytes were wrong', () => {
    const { frame } = scene(1000);
    let isOpen = false;
    const { reception, take } = receptionOf(() => isOpen);
    expect([take(frame(0)), reception.isWhole]).toEqual([false, false]);
    isOpen = true;
    expect([take(frame(0)), reception.isWhole]).toEqual([true, true]);
    reception.restart();
    expect([reception.isWhole, take(frame(0)), reception.isWhole]).toEqual([false, true, true]);
    expect(reception.duplicateBytes).toBe(0);
  });

  it('go on where an earlier run stopped', () => {
    const { frame, hash, content } = scene(3000);
    const { reception, take, files, put } = receptionOf();
    reception.resume({ hash, sizeBytes: 3000 }, [
      [0, 1194],
      [2388, 3000],
    ]);
    take(frame(1194));
    expect([reception.isWhole, files]).toEqual([true, []]);
    expect(put.subarray(1194, 2388).equals(content.subarray(1194, 2388))).toBe(true);
  });

  it('are counted as lost by gaps of their numbers, over the end of 16 bits too', () => {
    const { frame } = scene();
    const { reception, take } = receptionOf();
    for (const sequence of [65533, 65534, 1, 0, 2, 2]) take(frame(0, sequence));
    // 65535 and 0 are missing when 1 comes; 0, which was overtaken, stays counted.
    expect(reception.losses.lostCount).toBe(2);
    // A server that was started anew begins at 0 and loses nothing by that.
    for (const sequence of [30_000, 30_001, 0, 1]) take(frame(0, sequence));
    expect(reception.losses.lostCount).toBe(2);
  });
});
