import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../dist/simulate/clock/virtual-clock.js';
import { CapacityTrace } from '../../../dist/simulate/net/discipline/capacity-trace.js';
import { type DisciplineOptions, FQ_CODEL_DEFAULTS } from '../../../dist/simulate/net/discipline/discipline-options.js';
import { EventLog } from '../../../dist/simulate/net/event-log.js';
import { Link } from '../../../dist/simulate/net/link.js';
import type { LinkOptions } from '../../../dist/simulate/net/link-options.js';
import { type Packet, packetOf } from '../../../dist/simulate/net/packet.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { seed, seeded } from '../seed.js';

const flow = { group: 'ff15::1', port: 4242, source: 'fd00::1' };
/** A packet of 1250 bytes: 10,000 bit. */
const packet = (first = 0) => packetOf(flow, Uint8Array.of(first, ...new Array<number>(1201).fill(0)), 0, 1202);

function linkOf(options: LinkOptions) {
  const clock = new VirtualClock();
  const arrivals: { readonly atUs: number; readonly packet: Packet }[] = [];
  const prng = new Prng(seed);
  const link = new Link(0, options, { clock, log: new EventLog(), prng }, (arrived) => {
    arrivals.push({ atUs: clock.nowUs, packet: arrived });
  });
  return { clock, link, arrivals, times: () => arrivals.map(({ atUs }) => atUs) };
}

describe('a link', () => {
  it('takes a packet’s bits and its delay, one packet after the other', async () => {
    const { clock, link, times } = linkOf({ rateBitsPerSecond: 1e6, delayUs: 300 });
    for (let i = 0; i < 3; i++) link.carry(packet());
    await clock.run(1e6);
    link.carry(packet());
    await clock.run(2e6);
    expect(times()).toEqual([10_300, 20_300, 30_300, 1_010_300]);
  });

  it('with neither rate nor delay passes packets on at once', () => {
    const { link, arrivals } = linkOf({});
    link.carry(packet());
    expect(arrivals).toHaveLength(1);
  });

  it('drops at the tail what its queue of bytes does not hold', async () => {
    const { clock, link, times } = linkOf({ rateBitsPerSecond: 1e6, queueBytes: 3 * 1250 });
    for (let i = 0; i < 5; i++) link.carry(packet());
    expect(link.backlogBytes).toBe(3 * 1250);
    await clock.run(10_000);
    link.carry(packet());
    link.carry(packet());
    await clock.run(1e6);
    expect(times()).toEqual([10_000, 20_000, 30_000, 40_000]);
    expect(link.counts).toEqual({ carriedCount: 4, carriedBytes: 5000, lostCount: 0, overflowCount: 3 });
  });

  it('sends what waits at a new rate from the moment it changes', async () => {
    const { clock, link } = linkOf({ rateBitsPerSecond: 1e6 });
    for (let i = 0; i < 4; i++) link.carry(packet());
    await clock.run(20_000);
    expect(link.backlogBytes).toBe(2500);
    link.change({ rateBitsPerSecond: 0.5e6 });
    expect(link.backlogBytes).toBe(2500);
    await clock.run(40_000);
    expect(link.backlogBytes).toBe(1250);
  });

  it('moves what waits when its rate changes, so that nothing overtakes', async () => {
    const { clock, link, times } = linkOf({ rateBitsPerSecond: 1e6, delayUs: 300 });
    for (let i = 0; i < 3; i++) link.carry(packet());
    await clock.run(5000);
    link.change({ rateBitsPerSecond: 10e6 });
    link.carry(packet());
    await clock.run(10_000);
    // Half of the first was sent: the other half takes 500 µs now, each of the others 1 ms.
    expect(times()).toEqual([5800, 6800, 7800, 8800]);
    link.carry(packet());
    await clock.run(10_500);
    link.change({ rateBitsPerSecond: 1e6 });
    link.change({ rateBitsPerSecond: undefined });
    await clock.run(10_800);
    expect(times().at(-1)).toBe(10_800);
  });

  it('moves what waits when its rate changes, also where packets overtake each other', async () => {
    const { clock, link, times } = linkOf({ rateBitsPerSecond: 1e3, queueBytes: 1e5, delayUs: 300, jitterUs: 1000 });
    for (let i = 0; i < 3; i++) link.carry(packet());
    await clock.run(1e6);
    // At 1 kbit/s each packet would take 10 s.
    link.change({ rateBitsPerSecond: 10e6 });
    await clock.run(1e6 + 3000 + 300 + 1001);
    expect(times()).toHaveLength(3);
    for (let i = 0; i < 3; i++) link.carry(packet());
    const { nowUs } = clock;
    await clock.run(nowUs + 100);
    link.change({ rateBitsPerSecond: 1e3 });
    await clock.run(nowUs + 20e6);
    // Most of the first packet is left.
    expect(times()).toHaveLength(5);
  });

  it('keeps what has arrived on a lazy link until it is asked, and says when it came', async () => {
    const clock = new VirtualClock();
    const arrivals: number[] = [];
    const world = { clock, log: new EventLog(), prng: new Prng(seed) };
    const link = new Link(0, { rateBitsPerSecond: 1e6 }, world, (_, atUs) => arrivals.push(atUs));
    link.isLazy = true;
    for (let i = 0; i < 3; i++) link.carry(packet());
    await clock.run(25_000);
    expect([arrivals, clock.eventCount]).toEqual([[], 0]);
    link.catchUp();
    expect(arrivals).toEqual([10_000, 20_000]);
  });

  it(seeded('loses as many packets as it should, singly or in bursts of the right length'), () => {
    const bursty = { goodToBadRatio: 0.01, badToGoodRatio: 0.1, lossInGoodRatio: 0.001 };
    // Of the bursty link, one packet in eleven meets the bad state: 0.01 / (0.01 + 0.1).
    for (const [loss, mean] of [
      [0.05, 0.05],
      [bursty, 1 / 11 + (10 / 11) * 0.001],
    ] as const) {
      const { link } = linkOf({ loss });
      for (let i = 0; i < 50_000; i++) link.carry(packet());
      expect(link.counts.lostCount / 50_000).toBeCloseTo(mean, 1.5);
      expect(Math.abs(link.counts.lostCount / 50_000 / mean - 1)).toBeLessThan(0.2);
    }
    const { link } = linkOf({ loss: bursty });
    let burstCount = 0;
    for (let i = 0, before = 0, wasLost = false; i < 50_000; i++) {
      link.carry(packet());
      const isLost = link.counts.lostCount > before;
      if (isLost && !wasLost) burstCount++;
      before = link.counts.lostCount;
      wasLost = isLost;
    }
    expect(link.counts.lostCount / burstCount).toBeGreaterThan(7);
    expect(link.counts.lostCount / burstCount).toBeLessThan(12);
  });

  it(seeded('reorders, doubles and damages as many packets as it should'), async () => {
    const { clock, link, arrivals } = linkOf({ jitterUs: 1000, duplicateRatio: 0.1, damageRatio: 0.2 });
    for (let i = 0; i < 2000; i++) {
      link.carry(packet(i));
      await clock.run(clock.nowUs + 100);
    }
    await clock.run(clock.nowUs + 2000);
    expect(Math.abs(arrivals.length - 2200)).toBeLessThan(90);
    const damagedCount = arrivals.filter(
      ({ packet: { buffer, length } }) => length !== 1202 || buffer.subarray(1).some((byte) => byte !== 0),
    ).length;
    expect(Math.abs(damagedCount - 440)).toBeLessThan(120);
    const numbers = arrivals.map(({ packet: { buffer } }) => buffer[0]!);
    expect(numbers.filter((number, i) => i > 0 && number < numbers[i - 1]!).length).toBeGreaterThan(200);
  });
});

describe('a link with a discipline', () => {
  const disciplines: readonly DisciplineOptions[] = [
    { kind: 'tokenBucket', burstBytes: 5000 },
    { kind: 'policer', burstBytes: 5000 },
    { kind: 'bursts', periodUs: 4000 },
    { kind: 'beacons', periodUs: 10_240 },
    { kind: 'trace', trace: new CapacityTrace(Uint32Array.of(1, 2, 2, 9)) },
    { kind: 'fqCodel', ...FQ_CODEL_DEFAULTS, intervalUs: 10_000 },
  ];

  it('puts what leaves at once on a wire of its own rate, after which it has its delay', async () => {
    const discipline = { kind: 'tokenBucket', burstBytes: 3750, lineRateBitsPerSecond: 100e6 } as const;
    const { clock, link, times } = linkOf({ rateBitsPerSecond: 1e6, delayUs: 300, discipline });
    for (let i = 0; i < 5; i++) link.carry(packet());
    await clock.run(1e6);
    expect(times()).toEqual([400, 500, 600, 10_400, 20_400]);
    expect(link.counts).toEqual({ carriedCount: 5, carriedBytes: 6250, lostCount: 0, overflowCount: 0 });
  });

  it.each([undefined, 1e6])(
    'has no wire that is slower than itself, so that nothing waits behind it (%s)',
    async (lineRateBitsPerSecond) => {
      const discipline = { kind: 'tokenBucket', burstBytes: 3750, lineRateBitsPerSecond } as const;
      const { clock, link, times } = linkOf({ rateBitsPerSecond: 1e6, queueBytes: 1e6, discipline });
      // 10,000 bit in a µs.
      link.change({ rateBitsPerSecond: 10e9 });
      for (let i = 0; i < 100; i++) link.carry(packet());
      await clock.run(1e6);
      expect(times()).toHaveLength(100);
      expect(times().at(-1)).toBeLessThanOrEqual(101);
    },
  );

  it('counts drops of the discipline, and losses of the wire, of which only packets that leave are part', async () => {
    const discipline = { kind: 'policer', burstBytes: 2500 } as const;
    const { clock, link, arrivals } = linkOf({ rateBitsPerSecond: 1e6, loss: 1, discipline });
    for (let i = 0; i < 5; i++) link.carry(packet());
    await clock.run(1e6);
    expect(link.counts).toEqual({ carriedCount: 2, carriedBytes: 2500, lostCount: 2, overflowCount: 3 });
    expect(arrivals).toEqual([]);
  });

  it.each(disciplines)('of kind $kind does the same whether the far end waits or asks', async (discipline) => {
    const play = async (isLazy: boolean, askEveryUs: number) => {
      const clock = new VirtualClock();
      const log = new EventLog();
      const arrivals: (readonly [number, number])[] = [];
      const rateBitsPerSecond = discipline.kind === 'trace' ? undefined : 5e6;
      const link = new Link(
        0,
        { rateBitsPerSecond, queueBytes: 20_000, delayUs: 1000, loss: 0.1, discipline },
        { clock, log, prng: new Prng(seed) },
        ({ buffer }, atUs) => arrivals.push([buffer[0]!, Math.ceil(atUs)]),
      );
      link.isLazy = isLazy;
      const draw = new Prng('arrivals');
      for (let i = 0, atUs = 0; i < 200; i++) {
        atUs += draw.happens(0.6) ? 0 : draw.below(8000);
        clock.quietlyAt(atUs, () => link.carry(packet(i)));
      }
      clock.quietlyAt(200_000, () =>
        link.change(discipline.kind === 'trace' ? { delayUs: 2000 } : { rateBitsPerSecond: 3e6 }),
      );
      for (let us = 0; us < 3e6; us += askEveryUs) {
        await clock.run(us);
        link.catchUp();
      }
      expect([link.backlogBytes, link.queueUs]).toEqual([0, 0]);
      expect(link.counts.carriedCount + link.counts.overflowCount).toBe(200);
      return { arrivals, digest: log.digest(), counts: link.counts };
    };
    const eager = await play(false, 1e6);
    expect(eager.arrivals.length).toBeGreaterThan(50);
    expect(await play(true, 50_000)).toEqual(eager);
    expect(await play(true, 1700)).toEqual(eager);
  });

  it('delivers what jitter reorders without being asked', async () => {
    const discipline = { kind: 'bursts', periodUs: 10_000 } as const;
    const { clock, link, arrivals, times } = linkOf({ rateBitsPerSecond: 10e6, jitterUs: 5000, discipline });
    link.isLazy = true;
    for (let i = 0; i < 8; i++) link.carry(packet(i));
    await clock.run(1e6);
    expect(arrivals).toHaveLength(8);
    expect(arrivals.map(({ packet: { buffer } }) => buffer[0])).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(Math.max(...times())).toBeLessThan(5200);
  });

  it('says what it could carry: its rate, or what its trace had', () => {
    const { link } = linkOf({ discipline: disciplines[4]! });
    expect(link.capacityBitsPerSecond(0, 9001)).toBe((4 * 12_000 * 1e6) / 9001);
    const { link: bucket } = linkOf({ rateBitsPerSecond: 1e6, discipline: disciplines[0]! });
    expect(bucket.capacityBitsPerSecond(5, 10)).toBe(1e6);
    expect(linkOf({ rateBitsPerSecond: 2e6 }).link.capacityBitsPerSecond(5, 10)).toBe(2e6);
    expect(linkOf({}).link.capacityBitsPerSecond(5, 10)).toBeUndefined();
  });

  it('could carry at each time what its rate was then', async () => {
    const { clock, link } = linkOf({ rateBitsPerSecond: 8e6 });
    for (const [atUs, rateBitsPerSecond] of [
      [1000, 2e6],
      [2000, 1e6],
      [4000, undefined],
    ] as const)
      clock.at(atUs, () => link.change({ rateBitsPerSecond }));
    await clock.run(10_000);
    expect(link.capacityBitsPerSecond(0, 2000)).toBe(5e6);
    expect(link.capacityBitsPerSecond(500, 3000)).toBe(2.8e6);
    expect(link.capacityBitsPerSecond(2000, 4000)).toBe(1e6);
    expect(link.capacityBitsPerSecond(3000, 4001)).toBeUndefined();
  });
});
