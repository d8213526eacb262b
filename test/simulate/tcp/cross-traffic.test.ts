import { describe, expect, it } from 'vitest';
import { VirtualNetwork } from '../../../dist/simulate/net/network.js';
import { addCrossTraffic, type TrafficOptions } from '../../../dist/simulate/tcp/cross-traffic.js';
import { seed, seeded } from '../seed.js';

const RATE = 10e6;

/** Flows through one link of 10 Mbit/s, 10 ms each way, with a queue of 25 kB: one bandwidth-delay product. */
function bedOf(...flows: readonly Partial<TrafficOptions>[]) {
  const network = new VirtualNetwork(seed);
  const link = network.addLink({
    name: 'link',
    down: { rateBitsPerSecond: RATE, delayUs: 10_000, queueBytes: 25_000 },
  });
  const traffic = flows.map((flow, i) =>
    addCrossTraffic(network, { name: `flow ${i}`, kind: 'reno', below: 'link', ...flow }),
  );
  /** Rates of all flows over so many seconds from now, as shares of the link's. */
  const sharesOver = async (seconds: number) => {
    const before = traffic.map(({ arrivedBytes }) => arrivedBytes);
    await network.clock.run(network.clock.nowUs + seconds * 1e6);
    return traffic.map(({ arrivedBytes }, i) => ((arrivedBytes - before[i]!) * 8) / seconds / RATE);
  };
  return { network, link, traffic, sharesOver };
}

describe('cross traffic', () => {
  it.each(['reno', 'cubic'] as const)(seeded('of one %s flow fills a link'), async (kind) => {
    const { sharesOver, link } = bedOf({ kind });
    await sharesOver(5);
    const [share] = await sharesOver(60);
    expect(share).toBeGreaterThan(0.95);
    expect(share).toBeLessThanOrEqual(1.001);
    expect(link.down.counts.overflowCount).toBeGreaterThan(0);
    expect(link.down.counts.overflowCount / link.down.counts.carriedCount).toBeLessThan(0.02);
  });

  it.each(['reno', 'cubic'] as const)(seeded('of two %s flows that begin apart shares a link'), async (kind) => {
    const { sharesOver } = bedOf({ kind }, { kind, startUs: 3e6 });
    await sharesOver(20);
    const [one, two] = (await sharesOver(120)) as [number, number];
    expect(one + two).toBeGreaterThan(0.95);
    expect(one / two).toBeGreaterThan(1 / 1.2);
    expect(one / two).toBeLessThan(1.2);
  });

  it(seeded('of TCP counts as lost what was dropped, and not what is on its way'), async () => {
    const { sharesOver, link, traffic } = bedOf({ kind: 'reno' });
    const [flow] = traffic;
    await sharesOver(0.03);
    const missingCount = () => flow!.sentCount - flow!.arrivedBytes / 1500;
    expect([missingCount() > 0, flow!.lostCount]).toEqual([true, 0]);
    await sharesOver(30);
    const { overflowCount } = link.down.counts;
    expect(missingCount()).toBeGreaterThan(overflowCount);
    expect(flow!.lostCount).toBeLessThanOrEqual(overflowCount);
    expect(flow!.lostCount).toBeGreaterThan(0.9 * overflowCount);
  });

  it(seeded('at a constant rate leaves the rest to TCP, and all of it when it stops'), async () => {
    const { sharesOver } = bedOf({ kind: 'cubic' }, { kind: 'udp', rateBitsPerSecond: 4e6, stopUs: 40e6 });
    await sharesOver(10);
    const [tcp, udp] = (await sharesOver(30)) as [number, number];
    expect(udp).toBeGreaterThan(0.38);
    expect(tcp).toBeGreaterThan(0.54);
    expect(tcp + udp).toBeLessThanOrEqual(1.001);
    await sharesOver(5);
    const [alone, stopped] = await sharesOver(20);
    expect(stopped).toBe(0);
    expect(alone).toBeGreaterThan(0.95);
  });

  it('begins when it should and stops when it should', async () => {
    const { sharesOver, traffic } = bedOf({ startUs: 2e6, stopUs: 4e6 });
    expect(await sharesOver(2)).toEqual([0]);
    const [share] = await sharesOver(2);
    expect(share).toBeGreaterThan(0.8);
    await sharesOver(0.03);
    const { sentCount } = traffic[0]!;
    expect(await sharesOver(10)).toEqual([0]);
    expect(traffic[0]!.sentCount).toBe(sentCount);
  });

  it('doubles every round trip at the beginning: 10, 20, 40 segments', async () => {
    const { network, traffic } = bedOf({ returnDelayUs: 90_000 });
    const sentAt = async (ms: number) => {
      await network.clock.run(ms * 1000);
      return traffic[0]!.sentCount;
    };
    expect(await sentAt(50)).toBe(10);
    // Ten segments take 12 ms on the link, so their acknowledgements come within 112 ms.
    expect(await sentAt(150)).toBe(30);
    expect(await sentAt(260)).toBe(70);
  });

  it('survives a link that is dead for seconds, and is back within the time its timer has grown to', async () => {
    const { network, link, sharesOver } = bedOf({});
    await sharesOver(5);
    link.down.change({ loss: 1 });
    await sharesOver(3);
    link.down.change({ loss: 0 });
    await sharesOver(4);
    const [share] = await sharesOver(10);
    expect(share).toBeGreaterThan(0.9);
    expect(network.clock.eventCount).toBeGreaterThan(1000);
  });

  it('passes up from one link and down another', async () => {
    const network = new VirtualNetwork(seed);
    const near = network.addLink({ name: 'near', up: { rateBitsPerSecond: 2e6, delayUs: 5000 } });
    network.addLink({ name: 'far', down: { rateBitsPerSecond: RATE, delayUs: 5000 } });
    const flow = addCrossTraffic(network, { name: 'upload', kind: 'reno', from: 'near', below: 'far' });
    await network.clock.run(20e6);
    expect((flow.arrivedBytes * 8) / 20 / 2e6).toBeGreaterThan(0.9);
    expect(near.up.counts.carriedBytes).toBeGreaterThanOrEqual(flow.arrivedBytes);
    expect(near.down.counts.carriedBytes).toBe(0);
  });
});
