import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import { SenderChannel } from '../../dist/sender/channel.js';
import type { DatagramSource, Slab } from '../../dist/sender/slab.js';
import { newHeader, readHeader, writeHeader } from '../../dist/wire/header.js';
import { datagramsIn } from './sent-datagrams.js';

/** Makes datagrams that are numbered by their ESI. */
class Numbered implements DatagramSource {
  readonly maxDatagramBytes = HEADER_BYTES + 4;
  #next = 0;

  prepare(slab: Slab): void {
    for (slab.clear(); !slab.isFull; ) {
      writeHeader({ ...newHeader(), esi: this.#next++ }, slab.bytes, slab.add(HEADER_BYTES + 4));
    }
  }
}

function refill(channel: SenderChannel): void {
  channel.refill();
  channel.filled();
}

describe('a sending channel', () => {
  it('numbers datagrams without gaps from slab to slab and past 2^32', () => {
    const channel = new SenderChannel(new Numbered(), 100, 0, 2 ** 32 - 500);
    const sequences: number[] = [];
    const esis: number[] = [];
    refill(channel);
    for (let nowUs = 0; sequences.length < 2000; nowUs += 700) {
      const datagrams = datagramsIn(channel.take(nowUs, 77 * 500_000));
      if (channel.wantsRefill) refill(channel);
      for (const datagram of datagrams) {
        const header = newHeader();
        readHeader(datagram, 0, datagram.length, header);
        expect(header).toMatchObject({ sendTimeUs: nowUs, slot: 77 });
        sequences.push(header.sequence);
        esis.push(header.esi);
      }
    }
    expect(sequences).toEqual(sequences.map((_, i) => (2 ** 32 - 500 + i) % 2 ** 32));
    expect(esis).toEqual(esis.map((_, i) => i));
    expect([channel.sentCount, channel.sentBytes]).toEqual([sequences.length, sequences.length * (HEADER_BYTES + 4)]);
  });

  it('keeps its rate over time, whether `take` is called often or seldom', () => {
    for (const stepUs of [37, 1000, 9000]) {
      const channel = new SenderChannel(new Numbered(), 250, 0, 0);
      refill(channel);
      for (let nowUs = 0; nowUs <= 5_000_000; nowUs += stepUs) {
        // A departure ends with its slab; the driver then calls again.
        while (channel.take(nowUs, 0).length > 0) if (channel.wantsRefill) refill(channel);
      }
      expect(Math.abs(channel.sentCount - 20_001)).toBeLessThan(40);
    }
  });

  it('never sends more than 64 datagrams at once', () => {
    const channel = new SenderChannel(new Numbered(), 1, 0, 0);
    refill(channel);
    channel.take(0, 0);
    refill(channel);
    expect(datagramsIn(channel.take(10_000, 0))).toHaveLength(64);
  });

  it('waits when the disk is late, and continues with the next datagram', () => {
    const channel = new SenderChannel(new Numbered(), 10_000, 0, 0);
    expect(channel.hasDatagrams).toBe(false);
    expect(channel.take(0, 0)).toEqual([]);
    refill(channel);
    let count = 0;
    for (let nowUs = 0; nowUs < 1e6; nowUs += 10_000) count += datagramsIn(channel.take(nowUs, 0)).length;
    // A slab has four datagrams at this rate, and there is no second slab.
    expect([count, channel.sentCount, channel.hasDatagrams]).toEqual([4, 4, false]);
    refill(channel);
    const [datagram] = datagramsIn(channel.take(1e6, 0));
    const header = newHeader();
    readHeader(datagram!, 0, datagram!.length, header);
    expect([header.sequence, header.esi]).toEqual([4, 4]);
  });

  it('reduces the clock of a long-running host to 32 bits', () => {
    const channel = new SenderChannel(new Numbered(), 100, 2 ** 40, 0);
    refill(channel);
    const [datagram] = datagramsIn(channel.take(2 ** 40 + 5, 0));
    const header = newHeader();
    readHeader(datagram!, 0, datagram!.length, header);
    expect(header.sendTimeUs).toBe(5);
  });
});
