import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import {
  addressDatagram,
  type Header,
  type HeaderFault,
  newHeader,
  readHeader,
  stampHeader,
  writeHeader,
} from '../../dist/wire/header.js';
import { slowRead, slowWrite } from './slow-header.js';
import { fromHex, toHex, vectorsOf } from './vectors.js';

const vectors = vectorsOf<{
  readonly accepted: readonly { readonly what: string; readonly fields: Header; readonly bytes: string }[];
  readonly refused: readonly { readonly what: string; readonly bytes: string; readonly fault: HeaderFault }[];
}>('headers');

/** Edges of every width first, then anything between. */
function number(bits: number): fc.Arbitrary<number> {
  const max = 2 ** bits - 1;
  const edges = [0, 1, 2 ** (bits - 1) - 1, 2 ** (bits - 1), max - 1, max].filter((edge) => edge <= max);
  return fc.oneof(
    fc.constantFrom(...edges),
    fc.maxSafeInteger().map((n) => Math.abs(n) % (max + 1)),
  );
}

const anyHeader: fc.Arbitrary<Header> = fc.record({
  type: fc.constantFrom(0, 1, 2, 3),
  flags: number(8),
  serverIndex: number(8),
  channelIndex: number(8),
  stepLevel: number(8),
  fecEncodingId: number(8),
  tagHigh: number(32),
  tagLow: number(32),
  sequence: number(32),
  sendTimeUs: number(32),
  sizeBytes: number(48),
  symbolBytes: number(16),
  blockCount: number(32),
  block: number(32),
  esi: number(32),
  slot: number(16),
});

function written(header: Readonly<Header>): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  writeHeader(header, bytes, 0);
  return bytes;
}

function read(bytes: Uint8Array): Header | HeaderFault {
  const header = newHeader();
  return readHeader(bytes, 0, bytes.length, header) ?? header;
}

describe('the datagram header', () => {
  it.each(vectors.accepted)('is written and read as in the vectors: $what', ({ fields, bytes }) => {
    expect(toHex(written(fields))).toBe(bytes);
    expect(read(fromHex(bytes))).toEqual(fields);
  });

  it.each(vectors.refused)('is refused as in the vectors: $what', ({ bytes, fault }) => {
    expect(read(fromHex(bytes))).toBe(fault);
  });

  it('is written and read as the slow codec does it, whatever the fields', () => {
    fc.assert(
      fc.property(anyHeader, (header) => {
        const bytes = written(header);
        expect(bytes).toEqual(slowWrite(header));
        expect(read(bytes)).toEqual(header);
        expect(slowRead(bytes)).toEqual(header);
      }),
    );
  });

  it('takes numbers modulo their width, as clocks and counters that have run on need it', () => {
    const over = { ...newHeader(), sequence: 2 ** 32 + 5, sendTimeUs: 2 ** 40 + 6, slot: 2 ** 16 + 7, esi: 2 ** 32 };
    expect(read(written(over))).toEqual({ ...newHeader(), sequence: 5, sendTimeUs: 6, slot: 7, esi: 0 });
  });

  it('leaves its neighbours alone and may stand anywhere in a buffer', () => {
    fc.assert(
      fc.property(anyHeader, fc.nat(40), fc.nat(40), (header, before, after) => {
        const bytes = new Uint8Array(before + HEADER_BYTES + after).fill(0xa5);
        writeHeader(header, bytes, before);
        expect(bytes.subarray(before, before + HEADER_BYTES)).toEqual(slowWrite(header));
        expect(bytes.subarray(0, before).every((byte) => byte === 0xa5)).toBe(true);
        expect(bytes.subarray(before + HEADER_BYTES).every((byte) => byte === 0xa5)).toBe(true);
        const found = newHeader();
        expect(readHeader(bytes, before, HEADER_BYTES + after, found)).toBeUndefined();
        expect(found).toEqual(header);
      }),
    );
  });

  it('clears what the buffer held before', () => {
    const bytes = new Uint8Array(HEADER_BYTES).fill(0xff);
    writeHeader(newHeader(), bytes, 0);
    expect(bytes).toEqual(slowWrite(newHeader()));
  });
});

describe('the reader of headers', () => {
  it('finds the fault of every truncation, and never looks past the end of a datagram', () => {
    const whole = written({ ...newHeader(), esi: 9 });
    const buffer = Uint8Array.from([...whole, ...whole]);
    for (let length = 0; length < HEADER_BYTES; length++) {
      const fault = length < 2 ? 'foreign' : 'truncated';
      expect(readHeader(buffer, 0, length, newHeader()), `${length} bytes`).toBe(fault);
    }
    expect(readHeader(buffer, 0, HEADER_BYTES, newHeader())).toBeUndefined();
  });

  it('says the same as the slow codec after any flipped bit', () => {
    fc.assert(
      fc.property(anyHeader, fc.nat(HEADER_BYTES * 8 - 1), (header, bit) => {
        const bytes = written(header);
        bytes[bit >>> 3]! ^= 1 << (bit & 7);
        expect(read(bytes)).toEqual(slowRead(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('says the same as the slow codec about random bytes, with and without our magic', () => {
    const beginning = fc.constantFrom([], [0x4c], [0x4c, 0x43], [0x4c, 0x43, 0x10], [0x4c, 0x43, 0x12]);
    fc.assert(
      fc.property(beginning, fc.uint8Array({ maxLength: 60 }), (first, rest) => {
        const bytes = Uint8Array.from([...first, ...rest]);
        expect(read(bytes)).toEqual(slowRead(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('ignores the two reserved bytes', () => {
    const header = { ...newHeader(), slot: 77, esi: 3 };
    const bytes = written(header);
    bytes.set([0xde, 0xad], 46);
    expect(read(bytes)).toEqual(header);
  });
});

describe('a datagram that was made ahead', () => {
  it('gets its marks when it leaves, and nothing else of it changes', () => {
    fc.assert(
      fc.property(anyHeader, anyHeader, (made, marks) => {
        const bytes = written(made);
        stampHeader(marks, bytes, 0);
        const { flags, stepLevel, sequence, sendTimeUs, slot } = marks;
        expect(bytes).toEqual(slowWrite({ ...made, flags, stepLevel, sequence, sendTimeUs, slot }));
      }),
    );
  });

  it('gets the server and channel that send it, and nothing else of it changes', () => {
    fc.assert(
      fc.property(anyHeader, number(8), number(8), (made, serverIndex, channelIndex) => {
        const bytes = written(made);
        addressDatagram(serverIndex, channelIndex, bytes, 0);
        expect(bytes).toEqual(slowWrite({ ...made, serverIndex, channelIndex }));
      }),
    );
  });
});
