import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import { Publication } from '../../dist/sender/publication.js';
import { hashDatagram } from '../../dist/wire/datagram-hash.js';
import { DatagramType, newHeader, readHeader } from '../../dist/wire/header.js';
import { publicKeyOf } from '../../dist/wire/public-key.js';
import { isRunRecord, listsHash, RUN_DATAGRAMS, RunRecords } from '../../dist/wire/runs.js';
import { Bed, MEGABIT, SYMBOL_BYTES } from '../transfer/bed.js';

const STEP_US = 100;

/** The datagrams of a signed channel in `seconds` of a clock of its own, in order. */
function sentIn(seconds: number, rateBitsPerSecond = MEGABIT) {
  const bed = new Bed('runs');
  const object = bed.object(500, { isSigned: true, channels: [{ rateBitsPerSecond }] });
  const { descriptor, record, blockDigests, serverKeys } = object;
  const publication = new Publication(descriptor, record, blockDigests, 0, serverKeys[0]);
  const stride = HEADER_BYTES + SYMBOL_BYTES;
  let nowUs = 0;
  const clock = { nowUs: () => nowUs, wallUs: () => 1_800_000_000e6 + nowUs, schedule: () => () => undefined };
  const channel = publication.channel(0, clock, 2 ** 32 - 100)!;
  const datagrams: Uint8Array[] = [];
  const refill = () => {
    const slab = channel.refill();
    for (const { start, count } of slab.reads) {
      for (let i = 0; i < count; i++) slab.bytes.fill(start + i, start + i * stride, start + i * stride + SYMBOL_BYTES);
    }
    channel.filled();
  };
  for (refill(), channel.begin(0); nowUs < seconds * 1e6; nowUs += STEP_US) {
    for (const { bytes, count, datagramBytes } of channel.take(nowUs, clock.wallUs())) {
      for (let i = 0; i < count; i++) datagrams.push(bytes.slice(i * datagramBytes, (i + 1) * datagramBytes));
    }
    if (channel.wantsRefill) refill();
  }
  return { datagrams, publicKey: publicKeyOf(descriptor.servers[0]!.publicKey!)! };
}

describe('a channel whose runs are signed', () => {
  it('sends the hash of every datagram in a genuine record, and each record in the next', () => {
    const { datagrams, publicKey } = sentIn(20);
    const records = new RunRecords();
    const header = newHeader();
    const hashes = new Uint32Array(4);
    let coveredTo = 0;
    let recordCount = 0;
    for (const [at, datagram] of datagrams.entries()) {
      expect(readHeader(datagram, 0, datagram.length, header)).toBeUndefined();
      expect(header.sequence).toBe((2 ** 32 - 100 + at) % 2 ** 32);
      if (header.type !== DatagramType.run) continue;
      recordCount++;
      expect(header.block).toBe(1_800_000_000);
      expect(isRunRecord(header.esi, datagram.length - HEADER_BYTES)).toBe(true);
      expect(records.isGenuine(datagram, 0, header.esi, publicKey)).toBe(true);
      expect(at - header.esi).toBe(coveredTo);
      for (let i = 0; i < header.esi; i++) {
        const covered = datagrams[at - header.esi + i]!;
        hashDatagram(covered, 0, covered.length, hashes, 0);
        expect(listsHash(datagram, 0, i, hashes, 0)).toBe(true);
      }
      coveredTo = at;
    }
    expect(datagrams.length - coveredTo).toBeLessThanOrEqual(RUN_DATAGRAMS);
    expect(recordCount).toBe(Math.floor(datagrams.length / RUN_DATAGRAMS));
  });

  it('sends its records at the rate of the channel: 1.6 % of the datagrams are records', () => {
    const { datagrams } = sentIn(20, 10 * MEGABIT);
    expect(Math.abs(datagrams.length / 20_000 - 1)).toBeLessThan(0.01);
  });
});
