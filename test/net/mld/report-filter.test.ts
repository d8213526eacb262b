import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportFilter } from '../../../dist/net/mld/report-filter.js';
import { readMld } from '../../../dist/wire/mld.js';
import { digits, HOST, packet, query, report1, report2 } from '../../wire/slow-mld.js';

const filter = reportFilter();

/** Runs the filter as Linux does: bytes that it takes of a packet; 0 refuses it. Loading beyond the end refuses, too. */
function taken(bytes: Uint8Array): number {
  let [at, a, x] = [0, 0, 0];
  for (;;) {
    const view = Buffer.from(filter.buffer, 8 * at, 8);
    const [code, yes, no, value] = [view.readUInt16LE(0), view[2]!, view[3]!, view.readUInt32LE(4)];
    at++;
    if (code === 0x06) return value;
    if (code === 0x30 || code === 0x50) {
      const byte = bytes[code === 0x30 ? value : x + value];
      if (byte === undefined) return 0;
      a = byte;
    } else if (code === 0x04) a += value;
    else if (code === 0x64) a <<= value;
    else if (code === 0x07) x = a;
    else if (code === 0x15) at += a === value ? yes : no;
    else throw new Error(`instruction ${code}`);
  }
}

describe('the filter of packet sockets', () => {
  it('takes every message of MLD, whatever options are before it', () => {
    const group = digits('g');
    const longer = Buffer.from([58, 1, 1, 4, 0, 0, 0, 0, 5, 2, 0, 0, 1, 4, 0, 0, 0, 0]).subarray(0, 16);
    const messages = [
      report1(group),
      report1(group, 132),
      report2([]),
      query(),
      packet(HOST, group, Buffer.from([143, 0, 0, 0, 0, 0, 0, 0]), longer),
    ];
    for (const message of messages) expect(taken(message)).toBeGreaterThan(9216);
  });

  it('refuses other kinds of ICMPv6, data, and packets that routers have passed on', () => {
    const good = report1(digits('g'));
    for (const [at, value] of [
      [6, 17],
      [7, 2],
      [40, 17],
      [48, 133],
      [48, 151],
    ] as const) {
      const other = Buffer.from(good);
      other[at] = value;
      expect(taken(other)).toBe(0);
    }
  });

  it('takes all that is read as MLD, for any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 0, maxLength: 120 }),
        fc.array(fc.nat(119), { maxLength: 4 }),
        (bytes, at) => {
          const changed = Buffer.from(report2([{ kind: 'isEx', group: digits('g'), sources: [digits('s')] }]));
          for (const [i, place] of at.entries()) if (place < changed.length) changed[place] = bytes[i] ?? 0;
          for (const any of [changed, bytes]) if (readMld(any) !== undefined) expect(taken(any)).toBeGreaterThan(0);
          taken(bytes);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
