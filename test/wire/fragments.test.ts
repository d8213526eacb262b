import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES, MAX_RECORD_BYTES } from '../../dist/base/limits.js';
import { FRAGMENT_BYTES, RecordAssembler, recordDatagrams } from '../../dist/wire/fragments.js';
import { type Header, newHeader, readHeader, writeHeader } from '../../dist/wire/header.js';
import { recordVectors } from './descriptor-samples.js';
import { fromHex, toHex } from './vectors.js';

/** Bytes that differ for every seed. */
function recordOf(seed: number, length: number): Uint8Array {
  const record = new Uint8Array(length);
  for (let at = 0; at < length; at += 32) {
    const digest = createHash('sha256').update(`${seed} ${at}`).digest();
    record.set(digest.subarray(0, length - at), at);
  }
  return record;
}

/** Hands a datagram over as receivers do: somewhere in a buffer that the next one overwrites. */
function add(records: RecordAssembler, datagram: Uint8Array, sourceId?: number): Uint8Array | false | undefined {
  const buffer = new Uint8Array(datagram.length + 14);
  buffer.set(datagram, 7);
  const header = newHeader();
  expect(readHeader(buffer, 7, datagram.length, header)).toBeUndefined();
  const result = records.add(header, buffer, 7 + HEADER_BYTES, datagram.length - HEADER_BYTES, sourceId);
  buffer.fill(0xee);
  return result;
}

/** The same datagram with another payload byte, or with other header fields. */
function forged(datagram: Uint8Array, fields: Partial<Header> = {}): Uint8Array {
  const copy = Uint8Array.from(datagram);
  const header = newHeader();
  readHeader(copy, 0, copy.length, header);
  if (Object.keys(fields).length === 0) copy[copy.length - 1]! ^= 1;
  writeHeader({ ...header, ...fields }, copy, 0);
  return copy;
}

/** A record cut into pieces of another length, which the format allows. */
function cutAt(pieceBytes: number, record: Uint8Array): Uint8Array[] {
  const [first] = recordDatagrams(record, 0, 255);
  return Array.from({ length: Math.ceil(record.length / pieceBytes) }, (_, esi) => {
    const piece = record.subarray(esi * pieceBytes, (esi + 1) * pieceBytes);
    const datagram = Buffer.concat([first!.subarray(0, HEADER_BYTES), piece]);
    return forged(datagram, { symbolBytes: pieceBytes, esi });
  });
}

describe('a record in datagrams', () => {
  it.each(recordVectors)('is as in the vectors: $what', (vector) => {
    const record = fromHex(vector.prefix + vector.signature + vector.body);
    const datagrams = recordDatagrams(record, vector.serverIndex, vector.channelIndex);
    expect(datagrams.map(toHex)).toEqual(vector.datagrams);
    expect(createHash('sha256').update(record).digest('hex').slice(0, 16)).toBe(vector.recordTag);
    const records = new RecordAssembler();
    const results = vector.datagrams.map((hex) => add(records, fromHex(hex)));
    expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
    expect(results.at(-1)).toEqual(record);
  });

  it.each([1, FRAGMENT_BYTES - 1, FRAGMENT_BYTES, FRAGMENT_BYTES + 1, 3 * FRAGMENT_BYTES, MAX_RECORD_BYTES])(
    'of %i bytes fits the smallest MTU and comes together again',
    (length) => {
      const record = recordOf(1, length);
      const datagrams = recordDatagrams(record, 3, 4);
      expect(datagrams.length).toBe(Math.ceil(length / 1184));
      for (const datagram of datagrams) expect(datagram.length + 8 + 40).toBeLessThanOrEqual(1280);
      const records = new RecordAssembler();
      const results = datagrams.map((datagram) => add(records, datagram));
      expect(results.at(-1)).toEqual(record);
    },
  );

  it('is put together from pieces in any order, with duplicates and among other records, and is returned once', () => {
    const originals = [recordOf(1, 5000), recordOf(2, 1184), recordOf(3, 1), recordOf(4, 20_000)];
    const datagrams = originals.flatMap((record, i) => recordDatagrams(record, i, 255));
    const order = fc.shuffledSubarray(
      [...datagrams.keys(), ...datagrams.keys()].map((index, i) => ({ index, i })),
      { minLength: 2 * datagrams.length, maxLength: 2 * datagrams.length },
    );
    fc.assert(
      fc.property(order, (arrivals) => {
        const records = new RecordAssembler();
        const results = arrivals.map(({ index }) => add(records, datagrams[index]!));
        expect(results).not.toContain(false);
        const whole = results.filter((result) => result instanceof Uint8Array);
        expect(whole.map(toHex).sort()).toEqual(originals.map(toHex).sort());
      }),
      { numRuns: 50 },
    );
  });

  it('may come from several servers and channels at once', () => {
    const record = recordOf(1, 3 * FRAGMENT_BYTES);
    const [one, two, three] = [
      recordDatagrams(record, 0, 0),
      recordDatagrams(record, 1, 255),
      recordDatagrams(record, 2, 7),
    ];
    const records = new RecordAssembler();
    expect(add(records, one[0]!)).toBeUndefined();
    expect(add(records, two[2]!)).toBeUndefined();
    expect(add(records, three[1]!)).toEqual(record);
  });

  it('in pieces of another length is accepted too, but not returned again', () => {
    const record = recordOf(1, 3000);
    const records = new RecordAssembler();
    expect(
      cutAt(500, record)
        .map((datagram) => add(records, datagram))
        .at(-1),
    ).toEqual(record);
    for (const datagram of [...recordDatagrams(record, 0, 255), ...cutAt(700, record)]) {
      expect(add(records, datagram) === undefined).toBe(true);
    }
  });
});

describe('an invalid piece', () => {
  const [first, second] = recordDatagrams(recordOf(1, FRAGMENT_BYTES + 10), 0, 255);
  it.each([
    ['of a record of nothing', forged(first!.subarray(0, HEADER_BYTES), { sizeBytes: 0 })],
    ['of a record that is too long', forged(first!, { sizeBytes: MAX_RECORD_BYTES + 1 })],
    ['of an enormous record', forged(first!, { sizeBytes: 2 ** 48 - 1, esi: 2 ** 32 - 1 })],
    ['of pieces of nothing', forged(first!.subarray(0, HEADER_BYTES), { symbolBytes: 0 })],
    ['beyond the end', forged(second!, { esi: 2 })],
    ['far beyond the end', forged(second!, { esi: 2 ** 32 - 1 })],
    ['too short', first!.subarray(0, -1)],
    ['too long', Buffer.concat([first!, Uint8Array.of(0)])],
    ['without payload', first!.subarray(0, HEADER_BYTES)],
    ['last and as long as the others', forged(first!, { esi: 1 })],
  ])('is refused: %s', (_what, datagram) => {
    const records = new RecordAssembler();
    expect(add(records, datagram)).toBe(false);
    expect(add(records, first!)).toBeUndefined();
    expect(add(records, second!)).toEqual(recordOf(1, FRAGMENT_BYTES + 10));
  });

  it('never makes it throw, whatever the header and payload say', () => {
    const number = (max: number) => fc.oneof(fc.nat(3), fc.integer({ min: 0, max }), fc.constant(max));
    const anyPiece = fc.record({
      sizeBytes: fc.oneof(fc.nat(3000), number(2 ** 48 - 1)),
      symbolBytes: fc.oneof(fc.nat(1500), number(65_535)),
      esi: number(2 ** 32 - 1),
      tagLow: fc.nat(3),
      length: fc.nat(1500),
    });
    const records = new RecordAssembler();
    const payload = new Uint8Array(1500);
    fc.assert(
      fc.property(anyPiece, ({ length, ...fields }) => {
        expect(records.add({ ...newHeader(), ...fields }, payload, 0, length)).not.toBeInstanceOf(Uint8Array);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('damaged and forged pieces', () => {
  const record = recordOf(1, 4 * FRAGMENT_BYTES);
  const datagrams = recordDatagrams(record, 0, 255);

  it('of one datagram are refused, and do not prevent the genuine one', () => {
    const short = recordOf(2, 100);
    const [datagram] = recordDatagrams(short, 0, 255);
    const records = new RecordAssembler();
    expect(add(records, forged(datagram!))).toBe(false);
    expect(add(records, datagram!)).toEqual(short);
  });

  it('damage the record that they claim to belong to once; the next round completes it', () => {
    for (let bad = 0; bad < datagrams.length; bad++) {
      const records = new RecordAssembler();
      expect(add(records, forged(datagrams[bad]!))).toBeUndefined();
      const results = datagrams.map((datagram) => add(records, datagram));
      expect(results.filter((result) => result === false)).toHaveLength(1);
      expect([...results, ...datagrams.map((datagram) => add(records, datagram))]).toContainEqual(record);
    }
  });

  it('with the same tag and another size or cut do not touch the genuine ones', () => {
    const records = new RecordAssembler();
    for (const [i, datagram] of datagrams.entries()) {
      add(records, forged(datagram, { sizeBytes: record.length - 1 }));
      add(records, forged(datagram.subarray(0, HEADER_BYTES + 100), { symbolBytes: 100 }));
      expect(add(records, datagram)).toEqual(i === datagrams.length - 1 ? record : undefined);
    }
  });

  it('do not keep a record away, however often they come, where they come from another source', () => {
    const records = new RecordAssembler();
    const results = [0, 1, 2].flatMap(() =>
      datagrams.flatMap((datagram, i) => [
        add(records, datagram, 1),
        ...datagrams.filter((_, j) => j !== i).map((other) => add(records, forged(other), 2)),
      ]),
    );
    expect(results.filter((result) => result instanceof Uint8Array)).toEqual([record]);
  });

  it('of other records do not push one out, though two thousand come between two of its pieces', () => {
    const records = new RecordAssembler();
    for (const datagram of datagrams.slice(0, -1)) expect(add(records, datagram)).toBeUndefined();
    for (let i = 0; i < 2000; i++) expect(add(records, forged(datagrams[0]!, { tagHigh: i }))).toBeUndefined();
    expect(add(records, datagrams.at(-1)!)).toEqual(record);
  });

  it.each<[string, number, Partial<Header>]>([
    ['first pieces of', 3000, {}],
    ['tiny pieces of', 6000, { sizeBytes: 2, symbolBytes: 1 }],
  ])(
    'take bounded memory: %s %i others push an incomplete record out, which is completed when its pieces arrive again',
    (_what, count, fields) => {
      const other = forged(datagrams[0]!.subarray(0, HEADER_BYTES + (fields.symbolBytes ?? FRAGMENT_BYTES)), fields);
      const records = new RecordAssembler();
      for (const datagram of datagrams.slice(0, -1)) expect(add(records, datagram)).toBeUndefined();
      for (let i = 0; i < count; i++) expect(add(records, forged(other, { tagHigh: i }))).toBeUndefined();
      expect(add(records, datagrams.at(-1)!)).toBeUndefined();
      expect(
        datagrams
          .slice(0, -1)
          .map((datagram) => add(records, datagram))
          .at(-1),
      ).toEqual(record);
    },
  );

  it('of one record take bounded memory, too: it begins anew when it has more of them than there is room for', () => {
    const pieces = cutAt(1, recordOf(9, 20_000));
    const records = new RecordAssembler();
    const results = [...pieces, ...pieces].map((piece) => add(records, piece));
    expect(results.every((result) => result === undefined)).toBe(true);
    const whole = datagrams.map((datagram) => add(records, datagram));
    expect(whole.at(-1)).toEqual(record);
  });
});

describe('records that are known', () => {
  it('are not returned again, until 10,000 others have been', () => {
    const record = recordOf(1, 10);
    const [datagram] = recordDatagrams(record, 0, 255);
    const records = new RecordAssembler();
    expect(add(records, datagram!)).toEqual(record);
    for (let i = 0; i < 9999; i++) {
      expect(add(records, recordDatagrams(recordOf(i + 10, 10), 0, 255)[0]!)).toBeInstanceOf(Uint8Array);
    }
    expect(add(records, datagram!)).toBeUndefined();
    add(records, recordDatagrams(recordOf(100_000, 10), 0, 255)[0]!);
    expect(add(records, datagram!)).toEqual(record);
  });

  it('are returned again when they were to be forgotten', () => {
    const record = recordOf(1, 2 * FRAGMENT_BYTES);
    const datagrams = recordDatagrams(record, 0, 255);
    const records = new RecordAssembler();
    for (const datagram of datagrams) add(records, datagram);
    const header = newHeader();
    readHeader(datagrams[0]!, 0, HEADER_BYTES, header);
    records.forget(header);
    expect(datagrams.map((datagram) => add(records, datagram)).at(-1)).toEqual(record);
  });
});
