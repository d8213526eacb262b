import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressToBytes } from '../../dist/wire/address.js';
import { readMld } from '../../dist/wire/mld.js';
import { routerAdvertisement, routerTermination } from '../../dist/wire/router-discovery.js';
import { digits, HOST, packet, query, query1, report1, report2, type SlowRecord } from './slow-mld.js';

const anyRecord: fc.Arbitrary<SlowRecord> = fc.record({
  kind: fc.constantFrom('isIn', 'isEx', 'toIn', 'toEx', 'allow', 'block'),
  group: fc.nat(5).map((i) => digits(i)),
  sources: fc.array(
    fc.nat(5).map((i) => digits(i, 'fd00')),
    { maxLength: 5 },
  ),
  auxiliary: fc.constantFrom(0, 0, 1, 3),
});

describe('messages of MLD', () => {
  it('are read as they are written, each record at its own length', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 20 }), (records) => {
        const expected = records.map(({ kind, group, sources }) => ({ kind, group, sources }));
        expect(readMld(report2(records))).toEqual({ kind: 'report', version: 2, host: HOST, records: expected });
      }),
      { numRuns: 200 },
    );
    const group = digits(1);
    expect(readMld(report1(group))).toMatchObject({ version: 1, records: [{ kind: 'isEx', group, sources: [] }] });
    expect(readMld(report1(group, 132))).toMatchObject({ version: 1, records: [{ kind: 'toIn', group, sources: [] }] });
    expect(readMld(query1())).toMatchObject({
      kind: 'query',
      group: undefined,
      maxResponseMs: 10_000,
      intervalMs: undefined,
    });
    const source = digits(1, 'fd00');
    expect(readMld(query({ group, sources: [source], flags: 0x0f }))).toMatchObject({
      group,
      sources: [source],
      isSuppressed: true,
      robustness: 7,
      intervalMs: 125_000,
    });
  });

  it('have times with a mantissa and an exponent where they are long (RFC 9777, 5.1.3 and 5.1.9)', () => {
    const times = (responseCode: number, intervalCode: number) => {
      const { maxResponseMs, intervalMs } = readMld(query({ responseCode, intervalCode })) as never as Record<
        string,
        number
      >;
      return [maxResponseMs, intervalMs];
    };
    expect(times(0x7fff, 0x7f)).toEqual([32_767, 127_000]);
    expect(times(0x8000, 0x80)).toEqual([32_768, 128_000]);
    expect(times(0xffff, 0xff)).toEqual([8_387_584, 31_744_000]);
  });

  it('count only with hop limit 1, router alert, a link-local source, and a right checksum', () => {
    const good = report1(digits(1));
    expect(readMld(good)).toBeDefined();
    const far = Buffer.from(good);
    far[7] = 2;
    const message = good.subarray(48);
    const wide = packet(digits(1, 'fd00'), digits(1), message);
    const noAlert = packet(HOST, digits(1), message, Buffer.from([58, 0, 1, 4, 0, 0, 0, 0]));
    const otherAlert = packet(HOST, digits(1), message, Buffer.from([58, 0, 5, 2, 0, 1, 1, 0]));
    for (const bad of [far, wide, noAlert, otherAlert]) expect(readMld(bad)).toBeUndefined();
    // Options before the alert are skipped: Pad1, then PadN.
    const late = packet(
      HOST,
      digits(1),
      Buffer.concat([message.subarray(0, 2), Buffer.alloc(2), message.subarray(4)]),
      Buffer.from([58, 1, 0, 1, 1, 9, 5, 2, 0, 0, 1, 4, 0, 0, 0, 0]),
    );
    expect(readMld(late)).toBeDefined();
  });

  it('never throw and are not believed when cut short or with a flipped bit, and never throw for any bytes', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(7), (records, at, bit) => {
        const good = report2(records);
        expect(readMld(good.subarray(0, at % good.length))).toBeUndefined();
        const flipped = Buffer.from(good);
        flipped[at % good.length]! ^= 1 << bit;
        const read = readMld(flipped);
        // Traffic class, flow label and padding of the hop-by-hop header are outside the checksum, and say nothing.
        if (read !== undefined) expect(read).toEqual(readMld(good));
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readMld(bytes)),
      { numRuns: 2000 },
    );
    // A right checksum over anything, so that the fields behind it are reached.
    fc.assert(
      fc.property(
        fc.constantFrom(130, 131, 132, 143),
        fc.uint8Array({ minLength: 4, maxLength: 300 }),
        (type, bytes) => {
          const message = Buffer.from(bytes);
          message.set([type, 0, 0, 0]);
          readMld(packet(HOST, digits(1), message));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('advertise a router as RFC 4286 has it, with a right checksum', () => {
    const source = addressToBytes('fe80::a');
    const written = [routerAdvertisement(source, 20), routerTermination(source)];
    const all = digits('', 'ff02000000000000000000000000006a');
    const messages = [Buffer.from([151, 20, 0, 0, 0, 0, 0, 0]), Buffer.from([153, 0, 0, 0])];
    expect(written.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
      messages.map((message) => packet(HOST, all, message).toString('hex')),
    );
  });
});
