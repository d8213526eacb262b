import { describe, expect, test } from 'vitest';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { disciplineFor } from './discipline-for.js';
import { Flows, isIcmp } from './frames.js';
import type { RelayOptions } from './relay-options.js';
import { RelayedLink } from './relayed-link.js';

const group = 'ff150000000000000000000000000001';
const unicast = 'fd000001000000000000000000000002';

describe('a relayed link', () => {
  test('lets packets out in order, and its counters add up', () => {
    const link = linkOf({ service: { kind: 'bursts', rateBitsPerSecond: 1e6, periodMs: 10 }, queueBytes: 10_000 });
    const given = Array.from({ length: 20 }, (_, number) => frame({ number }));
    for (const one of given) link.offer(one, 5000);
    // 1250 bytes a burst are one packet each. The first one leaves at once, and 8 fit into the queue behind it.
    expect(link.droppedPackets).toBe(11);
    expect(link.waitingPackets).toBe(8);
    expect(link.waitingBytes).toBe(10_000);
    expect(arrivals(link, 5000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((number) => [5000 + 10_000 * number, number]));
    expect(link).toMatchObject({
      passedPackets: 9,
      passedBytes: 11_250,
      lostPackets: 0,
      waitingPackets: 0,
      waitingBytes: 0,
    });
    expect(link.nextUs).toBe(Number.POSITIVE_INFINITY);
  });

  test('holds multicast for the beacon and counts time from the first packet that is not ICMPv6', () => {
    const link = linkOf({ service: { kind: 'beacons', rateBitsPerSecond: 10e6, periodMs: 100 } });
    link.offer(icmp(0), 40_000);
    expect(arrivals(link, 40_000)).toEqual([[40_000, 0]]);
    link.offer(frame({ number: 1 }), 70_000);
    // The first beacon is at once, a packet takes 1 ms.
    expect(arrivals(link, 70_000)).toEqual([[71_000, 1]]);
    link.offer(frame({ number: 2 }), 80_000);
    link.offer(frame({ number: 3 }), 90_000);
    link.offer(frame({ number: 4, to: unicast }), 100_000);
    expect(arrivals(link, 100_000)).toEqual([
      [101_000, 4],
      [171_000, 2],
      [172_000, 3],
    ]);
  });

  test('adds its delay after the queue', () => {
    const link = linkOf({ service: { kind: 'policer', rateBitsPerSecond: 1e6, burstBytes: 2500 }, delayMs: 20 });
    for (const number of [0, 1, 2]) link.offer(frame({ number }), 1000);
    expect(link.droppedPackets).toBe(1);
    expect(arrivals(link, 1000)).toEqual([
      [21_000, 0],
      [21_000, 1],
    ]);
    expect(link.lateMaxUs).toBe(0);
    const back = new RelayedLink(undefined, { delayMs: 20 }, new Prng(1));
    back.offer(frame({ number: 7 }), 5000);
    expect(arrivals(back, 5000)).toEqual([[25_000, 7]]);
  });

  test('counts how late it is asked', () => {
    const link = new RelayedLink(undefined, { delayMs: 1 }, new Prng(1));
    for (const number of [0, 1]) link.offer(frame({ number }), 500 * number);
    link.release(1700, () => undefined);
    expect(link).toMatchObject({ lateMaxUs: 700, lateSumUs: 900 });
  });

  test.each([1, 5])('loses its share of data in bursts of %d packets, and no ICMPv6', (burstPackets) => {
    const link = new RelayedLink(undefined, { loss: { ratio: 0.05, burstPackets } }, new Prng(1));
    let arrived = 0;
    const lost: number[] = [];
    for (let number = 0; number < 20_000; number++) {
      link.offer(number % 2 === 0 ? frame({ number: 0 }) : icmp(0), 0);
      const before = arrived;
      link.release(0, () => arrived++);
      if (arrived === before) lost.push(number);
    }
    expect(lost.every((number) => number % 2 === 0)).toBe(true);
    expect(link.lostPackets).toBe(lost.length);
    expect(lost.length).toBeGreaterThan(400);
    expect(lost.length).toBeLessThan(600);
    const bursts = lost.filter((number, index) => number - 2 !== lost[index - 1]).length;
    expect(lost.length / bursts).toBeGreaterThan(0.8 * burstPackets);
    expect(lost.length / bursts).toBeLessThan(1.3 * burstPackets);
  });

  test('tells flows apart by addresses and ports, and frames that are cut short are no flow of their own', () => {
    const flows = new Flows();
    const first = flows.of(frame({ number: 1 }));
    expect(flows.of(frame({ number: 2 }))).toBe(first);
    expect(flows.of(frame({ number: 1, to: unicast }))).not.toBe(first);
    expect(flows.of(frame({ number: 1, port: 7 }))).not.toBe(first);
    expect(first).toMatchObject({ group: 'ff15:0000:0000:0000:0000:0000:0000:0001', port: 4242 });
    for (let length = 0; length < 58; length++) {
      expect(isIcmp(icmp(0).subarray(0, length))).toBe(false);
      expect(flows.of(icmp(0).subarray(0, length))).toBe(flows.of(Buffer.alloc(0)));
    }
  });
});

function linkOf(options: RelayOptions): RelayedLink {
  return new RelayedLink(disciplineFor(options, new Prng(1)), options, new Prng(1));
}

/** When the frames in a link arrive, and their numbers. */
function arrivals(link: RelayedLink, fromUs: number): [number, number][] {
  const arrived: [number, number][] = [];
  for (let nowUs = fromUs; ; nowUs = link.nextUs) {
    link.release(nowUs, (frame) => arrived.push([nowUs, frame.at(-1)!]));
    if (link.nextUs === Number.POSITIVE_INFINITY) return arrived;
  }
}

/** A UDP datagram of 1250 bytes in a frame, with a number as its last byte. */
function frame({ number, to = group, port = 4242 }: { number: number; to?: string; port?: number }): Buffer {
  const bytes = Buffer.alloc(14 + 1250);
  bytes.writeUInt16BE(0x86dd, 12);
  bytes[20] = 17;
  bytes.write(to, 38, 'hex');
  bytes.writeUInt16BE(port, 56);
  bytes[bytes.length - 1] = number;
  return bytes;
}

function icmp(number: number): Buffer {
  const bytes = frame({ number });
  bytes[20] = 58;
  return bytes;
}
