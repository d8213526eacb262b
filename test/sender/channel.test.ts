import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES, IP_AND_UDP_BYTES } from '../../dist/base/limits.js';
import { StepPlan } from '../../dist/rate/ladder/step-plan.js';
import { SenderChannel } from '../../dist/sender/channel.js';
import type { DatagramSource, Slab } from '../../dist/sender/slab.js';
import { newHeader, readHeader, writeHeader } from '../../dist/wire/header.js';
import { datagramsIn } from './sent-datagrams.js';

/** Makes datagrams that are numbered by their ESI. */
class Numbered implements DatagramSource {
  readonly maxDatagramBytes = HEADER_BYTES + 4;
  readonly ratedDatagramBytes = HEADER_BYTES + 4;
  #next = 0;

  prepare(slab: Slab): void {
    for (slab.clear(); !slab.isFull; ) {
      writeHeader({ ...newHeader(), esi: this.#next++ }, slab.bytes, slab.add(HEADER_BYTES + 4));
    }
  }
}

/** Symbols of 16 bytes, and a record of 1136 bytes in the place of each 64th. */
class WithRecords implements DatagramSource {
  readonly maxDatagramBytes = 1136;
  readonly ratedDatagramBytes = HEADER_BYTES + 16;
  #next = 0;

  prepare(slab: Slab): void {
    for (slab.clear(); !slab.isFull; ) {
      const length = this.#next++ % 64 === 63 ? this.maxDatagramBytes : this.ratedDatagramBytes;
      writeHeader(newHeader(), slab.bytes, slab.add(length));
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
      const channel = new SenderChannel(new Numbered(), 250, 0, 0, { timerLatenessUs: stepUs });
      refill(channel);
      for (let nowUs = 0; nowUs <= 5_000_000; nowUs += stepUs) {
        // A departure ends with its slab; the driver then calls again.
        while (channel.take(nowUs, 0).length > 0) if (channel.wantsRefill) refill(channel);
      }
      expect(Math.abs(channel.sentCount - 20_001)).toBeLessThan(40);
    }
  });

  it('keeps its rate in bytes, trains and previews included, when some datagrams are longer than those that its interval is meant for', () => {
    for (const part of [
      undefined,
      { plan: new StepPlan({ rates: [16e3, 32e3], mode: 'several', symbolBytes: 16 }), channel: 0 },
    ]) {
      const channel = new SenderChannel(new WithRecords(), 56_000, 0, 0, { part });
      refill(channel);
      const seconds = 600;
      for (let nowUs = 0; nowUs <= seconds * 1e6; nowUs += 10_000) {
        while (channel.take(nowUs, nowUs).length > 0) if (channel.wantsRefill) refill(channel);
      }
      const bits = 8 * (channel.sentBytes + channel.sentCount * IP_AND_UDP_BYTES);
      expect(bits / seconds / 16e3).toBeGreaterThan(0.98);
      expect(bits / seconds / 16e3).toBeLessThan(1.01);
    }
  });

  it.each([
    // 1 Gbit/s, 500, 100, 21, 20, and 10 Mbit/s in packets of 1280 bytes; one channel of 100 Gbit/s
    [10.24, undefined, 64],
    [20.48, undefined, 48],
    [102.4, undefined, 9],
    [490, undefined, 2],
    [512, undefined, 1],
    [1024, undefined, 1],
    [0.1024, undefined, 64],
    [1024, 10_000, 9],
    [10.24, 10_000, 64],
    [10.24, 1, 1],
  ])(
    'of one datagram in %f µs with a burst of %s µs sends %i at once, however late it is',
    (intervalUs, burstUs, most) => {
      const channel = new SenderChannel(new Numbered(), intervalUs, 0, 0, { burstUs });
      refill(channel);
      let [nowUs, lastUs] = [0, Number.NEGATIVE_INFINITY];
      for (let i = 0; i < 3900; i++) {
        nowUs = Math.max(nowUs, Math.ceil(channel.nextDueUs)) + (i % 1000 === 999 ? 100_000 : 0);
        const { length } = datagramsIn(channel.take(nowUs, 0));
        expect(length).toBeLessThanOrEqual(most);
        // While it makes up for the 100 ms, it sends twice as fast as usual.
        expect(nowUs - lastUs).toBeGreaterThanOrEqual((length * intervalUs) / 2 - 1);
        lastUs = nowUs;
        if (channel.wantsRefill) refill(channel);
      }
      const isCaughtUp = channel.nextDueUs - nowUs > 0.9 * most * intervalUs;
      if (intervalUs * most > 100) expect(isCaughtUp).toBe(true);
      if (isCaughtUp) expect(channel.sentCount).toBeGreaterThan(nowUs / intervalUs - 2 * most);
    },
  );

  it.each([undefined, 0, 3])(
    'after pauses of any length it keeps its rate, and its sequence without a gap (ladder channel %s)',
    (index) => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: 3_000_000 }), { minLength: 1, maxLength: 8 }), (pausesUs) => {
          const intervalUs = 500;
          const part =
            index === undefined
              ? undefined
              : {
                  plan: new StepPlan({ rates: [1e6, 2e6, 4e6, 8e6], mode: 'several', symbolBytes: 1184 }),
                  channel: index,
                };
          const channel = new SenderChannel(new Numbered(), intervalUs, 0, 7, { part });
          const header = newHeader();
          let [nowUs, expected] = [0, 7];
          refill(channel);
          for (const pauseUs of pausesUs) {
            nowUs += pauseUs;
            channel.begin(nowUs);
            const fromCount = channel.sentCount;
            // Up to the end of the slot, there is neither a train nor a preview.
            const endUs = nowUs + Math.min(50_000, 500_000 - (nowUs % 500_000));
            const expectedCount = (endUs - nowUs) / intervalUs;
            while (nowUs < endUs) {
              for (const datagram of datagramsIn(channel.take(nowUs, nowUs))) {
                readHeader(datagram, 0, datagram.length, header);
                expect(header.sequence).toBe(expected++);
              }
              if (channel.wantsRefill) refill(channel);
              nowUs = Math.max(nowUs + 1, Math.ceil(channel.nextDueUs));
            }
            nowUs = endUs;
            expect(Math.abs(channel.sentCount - fromCount - expectedCount)).toBeLessThanOrEqual(2);
          }
        }),
        { numRuns: 50 },
      );
    },
  );

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
    const channel = new SenderChannel(new Numbered(), 100, 2 ** 40, 0, { burstUs: 100 });
    refill(channel);
    const [datagram] = datagramsIn(channel.take(2 ** 40 + 405, 0));
    const header = newHeader();
    readHeader(datagram!, 0, datagram!.length, header);
    expect(header.sendTimeUs).toBe(405);
  });
});
