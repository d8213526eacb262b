import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupAfter, librecastGroup } from '../../dist/wire/address.js';
import { FRAME_LENGTHS, Frame, frameDataStart, readFrame, writeFrameHeader } from '../../dist/wire/iotupd-frame.js';
import { LIBRECAST_HASHES, startHash } from '../../dist/wire/librecast.js';
import { slowFrame } from './slow-iotupd-frame.js';
import { fromHex, toHex, vectorsOf } from './vectors.js';

interface Vector {
  readonly what: string;
  readonly frameBytes: (typeof FRAME_LENGTHS)[number];
  readonly bigEndian: boolean;
  readonly sequence: number;
  readonly sizeBytes: number;
  readonly offset: number;
  readonly dataBytes: number;
  readonly head: string;
}
const vectors = vectorsOf<{ readonly frames: readonly Vector[]; readonly groups: readonly Record<string, string>[] }>(
  'iotupd',
);
const hash = createHash('sha256').update('a file').digest();
const data = Buffer.alloc(1194, 0xd5);

function read(bytes: Uint8Array, start = 0, length = bytes.length - start) {
  const frame = new Frame();
  return readFrame(bytes, start, length, frame) ?? frame;
}

/** Sizes at both ends, where byte orders could be mistaken for each other. */
const size = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  fc.constantFrom(1, 255, 256, 65536, 2 ** 24, 2 ** 31 - 1),
);
const place = fc
  .record({
    sizeBytes: size,
    sequence: fc.integer({ min: 0, max: 65535 }),
    frameBytes: fc.constantFrom(...FRAME_LENGTHS),
  })
  .chain((fields) => fc.integer({ min: 0, max: fields.sizeBytes }).map((offset) => ({ ...fields, offset })))
  .chain((fields) =>
    fc
      .integer({ min: 0, max: Math.min(1194, fields.sizeBytes - fields.offset) })
      .map((dataBytes) => ({ ...fields, dataBytes })),
  );

describe('a frame of iotupd', () => {
  it.each(vectors.frames)('of the vectors is read and written: $what', (vector) => {
    const { what: _, head, bigEndian, ...fields } = vector;
    const bytes = Buffer.concat([fromHex(head), data]);
    const { sequence = 0, hashStart, dataStart, ...found } = read(bytes) as Frame;
    expect({ ...found, sequence }).toEqual(fields);
    expect([dataStart, frameDataStart(fields.frameBytes)]).toEqual([bytes.length - 1194, bytes.length - 1194]);
    expect(toHex(bytes.subarray(hashStart, dataStart))).toBe('ab'.repeat(32));
    if (bigEndian) return;
    const written = new Uint8Array(bytes.length).fill(0xd5);
    writeFrameHeader(written, 0, fields, fromHex('ab'.repeat(32)));
    expect(toHex(written.subarray(0, dataStart))).toBe(head);
  });

  it('is read as a slow writer wrote it, in either byte order, wherever it stands in a buffer', () => {
    fc.assert(
      fc.property(place, fc.boolean(), fc.nat(40), (fields, isBig, start) => {
        const { frameBytes, sequence, sizeBytes, offset, dataBytes } = fields;
        const numbers = { size: BigInt(sizeBytes), offset: BigInt(offset), length: BigInt(dataBytes) };
        const bytes = slowFrame({ frameBytes, sequence, ...numbers, hash, data }, isBig);
        const frame = read(Buffer.concat([Buffer.alloc(start, 0xff), bytes]), start) as Frame;
        expect(frame).toMatchObject({
          frameBytes,
          sizeBytes,
          offset,
          dataBytes,
          hashStart: start + bytes.length - 1226,
        });
        expect(frame.sequence).toBe(frameBytes === 1251 ? undefined : sequence);
      }),
    );
  });

  it('is written as the slow writer writes it', () => {
    fc.assert(
      fc.property(place, (fields) => {
        const { frameBytes, sequence, sizeBytes, offset, dataBytes } = fields;
        const into = Buffer.alloc(frameBytes + 7, 0xee);
        data.copy(into, 7 + frameDataStart(frameBytes));
        writeFrameHeader(into, 7, fields, hash);
        const numbers = { size: BigInt(sizeBytes), offset: BigInt(offset), length: BigInt(dataBytes) };
        expect(into.subarray(7)).toEqual(slowFrame({ frameBytes, sequence, ...numbers, hash, data }));
        expect(into.subarray(0, 7)).toEqual(Buffer.alloc(7, 0xee));
      }),
    );
  });

  it.each(FRAME_LENGTHS)('of %i bytes is refused at every other length', (frameBytes) => {
    const bytes = slowFrame({ frameBytes, sequence: 1, size: 9n, offset: 0n, length: 9n, hash, data });
    for (let length = 0; length < frameBytes; length++) {
      if (!FRAME_LENGTHS.some((known) => known === length)) expect(read(bytes, 0, length)).toBe('length');
    }
    expect(read(Buffer.concat([bytes, bytes]))).toBe('length');
  });

  it.each(FRAME_LENGTHS.flatMap((frameBytes) => [true, false].map((isBig) => ({ frameBytes, isBig }))))(
    'of $frameBytes bytes is refused when it names bytes outside the file, or a file that iotupd cannot send (big-endian: $isBig)',
    ({ frameBytes, isBig }) => {
      const frame = (size: bigint, offset: bigint, length: bigint) =>
        read(slowFrame({ frameBytes, sequence: 0, size, offset, length, hash, data }, isBig));
      expect(frame(0n, 0n, 0n)).toBe('size');
      expect(frame(2n ** 31n, 0n, 1194n)).toBe('size');
      // Read in the other byte order, this size is 128.
      expect(['size', 'range']).toContain(frame(2n ** 63n, 0n, 1194n));
      expect(frame(5000n, 4000n, 1001n)).toBe('range');
      expect(frame(5000n, 5001n, 0n)).toBe('range');
      expect(frame(5000n, 2n ** 64n - 1n, 1n)).toBe('range');
      expect(frame(5000n, 0n, 1195n)).toBe('range');
      expect(frame(5000n, 5000n, 0n)).toMatchObject({ dataBytes: 0 });
    },
  );

  it('of any bytes is refused or lies within its file', () => {
    const noise = fc
      .constantFrom(...FRAME_LENGTHS)
      .chain((length) => fc.uint8Array({ minLength: 60, maxLength: 60 }).map((head) => ({ length, head })));
    fc.assert(
      fc.property(noise, ({ length, head }) => {
        const bytes = new Uint8Array(length);
        bytes.set(head);
        const frame = read(bytes);
        if (typeof frame === 'string') return;
        expect(frame.dataBytes).toBeLessThanOrEqual(1194);
        expect(frame.offset + frame.dataBytes).toBeLessThanOrEqual(frame.sizeBytes);
        expect(frame.sizeBytes).toBeLessThan(2 ** 31);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a name of Librecast', () => {
  it.each(vectors.groups)('gives the group of the vectors: $name by $hash', ({ name, hash: kind, group }) => {
    expect(librecastGroup(name!, kind as 'blake3')).toBe(group);
  });

  it('has groups that are counted in the last byte, which wraps', () => {
    expect(groupAfter('ff1e::42', 3)).toBe('ff1e::45');
    expect(groupAfter('ff1e::1ff', 2)).toBe('ff1e::101');
  });

  it('is hashed with the hashes that the published test values have', () => {
    const of = (kind: 'blake3' | 'blake2b') => {
      const running = startHash(kind);
      running.update(Buffer.from('abc'));
      return toHex(running.digest());
    };
    expect(LIBRECAST_HASHES.map(of)).toEqual([
      '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85',
      'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319',
    ]);
  });
});
