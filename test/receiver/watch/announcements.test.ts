import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../../dist/base/limits.js';
import { FaultCounters } from '../../../dist/receiver/counters.js';
import { AnnouncementReader } from '../../../dist/receiver/watch/announcements.js';
import { recordDatagrams } from '../../../dist/wire/fragments.js';
import { ANNOUNCEMENT_CHANNEL } from '../../../dist/wire/header.js';
import { Bed } from '../../transfer/bed.js';
import { batchOf, datagramsOf } from '../datagrams.js';

function reader() {
  const faults = new FaultCounters();
  const heard: { readonly esi: number; readonly payload: string }[] = [];
  const announcements = new AnnouncementReader(faults, ({ esi }, bytes, start, length) => {
    heard.push({ esi, payload: Buffer.from(bytes.subarray(start, start + length)).toString() });
  });
  return { faults, heard, announcements };
}

describe('a datagram on an announcement channel', () => {
  it('is handed on when it carries a piece of a descriptor', () => {
    const { faults, heard, announcements } = reader();
    const record = Buffer.from(`${'x'.repeat(1184)}the end`);
    announcements.handle(batchOf(...recordDatagrams(record, 3, ANNOUNCEMENT_CHANNEL)));
    expect(heard).toEqual([
      { esi: 0, payload: 'x'.repeat(1184) },
      { esi: 1, payload: 'the end' },
    ]);
    expect(faults.total).toBe(0);
  });

  it('is counted by reason when it carries anything else', () => {
    const { faults, heard, announcements } = reader();
    const { symbols, digests } = datagramsOf(new Bed('announcements').object(20, { blockSymbols: 5 }));
    const record = Buffer.from('a record');
    announcements.handle(batchOf(symbols[0]!, digests[0]!, ...recordDatagrams(record, 0, 2)));
    announcements.handle(batchOf(new Uint8Array(3), symbols[0]!.slice(0, HEADER_BYTES - 1)));
    expect(heard).toEqual([]);
    expect(faults.byReason()).toEqual({ otherObject: 2, contradiction: 1, foreign: 1, truncated: 1 });
  });

  it('is read from its position in a larger buffer', () => {
    const { heard, announcements } = reader();
    const [datagram] = recordDatagrams(Buffer.from('here'), 0, ANNOUNCEMENT_CHANNEL);
    const bytes = Buffer.concat([new Uint8Array(17), datagram!, new Uint8Array(9)]);
    announcements.handle({ ...batchOf(bytes), starts: [17], lengths: [datagram!.length] });
    expect(heard).toEqual([{ esi: 0, payload: 'here' }]);
  });
});
