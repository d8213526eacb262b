import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../../dist/scenario/load-scenario.js';
import { simulate } from '../../../dist/simulate/run/simulation.js';
import type { ReceiverSample, SimulationEvent, SummaryEvent } from '../../../dist/simulate/run/simulation-events.js';
import { seed, seeded } from '../seed.js';

const LADDER = 'object: { size: 2MB, ladder: { from: 500kbit, to: 8Mbit } }';

async function run(text: string, runSeed = seed): Promise<{ summary: SummaryEvent; events: SimulationEvent[] }> {
  const events: SimulationEvent[] = [];
  const scenario = await parseScenario(text, 's.yaml', runSeed);
  const summary = await simulate(scenario, { onEvent: (event) => events.push(event) });
  return { summary, events };
}

function samplesOf(events: readonly SimulationEvent[], receiver: string): readonly ReceiverSample[] {
  return events.filter((event): event is ReceiverSample => event.event === 'progress' && event.receiver === receiver);
}

/** Everything random in one file. */
const MIXED = `
duration: 15s
${LADDER}
servers: { a: {}, b: { start: 2s, stop: 9s } }
links:
  site: { rate: 10Mbit, queue: 50ms, delay: 5ms }
  line: { count: 3, below: site, rate: { from: 1Mbit, to: 8Mbit }, loss: { share: 1%, burst: 3 }, leaveLatency: 500ms }
receivers:
  box: { below: line, clockDrift: 40ppm }
  crowd: { below: line, count: 9, startSpread: 4s }
traffic:
  web: { kind: cubic, below: line, start: 3s, stop: 8s }
`;

describe('a simulation', () => {
  it(seeded('does the same for the same file and seed, and something else for another seed'), async () => {
    const [one, again, other] = [await run(MIXED), await run(MIXED), await run(MIXED, `${seed} other`)];
    expect(again).toEqual(one);
    expect(one.summary.digest).toMatch(/^[0-9a-f]{16}$/);
    expect(other.summary.digest).not.toBe(one.summary.digest);
  });

  it(seeded('tells receivers, links and flows at every interval, in the order of time, and the sum last'), async () => {
    const { events, summary } = await run(MIXED);
    const times = events.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(events[0]).toMatchObject({ event: 'descriptor', bytes: 2e6, mode: 'several', servers: ['a', 'b'] });
    expect(events.at(-1)).toBe(summary);
    const links = events.filter((event) => event.event === 'link' && event.link === 'site');
    expect(links.map(({ atMs }) => atMs).slice(0, 4)).toEqual([500, 1000, 1500, 2000]);
    // One behind each of three lines.
    expect(events.filter((event) => event.event === 'flow').length).toBe(3 * links.length);
    expect(events.filter(({ event }) => event === 'join').length).toBeGreaterThan(2);
    expect(summary.receivers.map(({ receiver, count }) => [receiver, count])).toEqual([
      ['box', 1],
      ['crowd', 9],
    ]);
    expect(summary.links.map(({ link }) => link)).toEqual(['site', 'line/1', 'line/2', 'line/3']);
    for (const { use, link } of summary.links) expect(use, link).toBeLessThanOrEqual(1);
  });

  it(seeded('ends when all receivers are done'), async () => {
    const { summary, events } = await run(`duration: 300s\n${LADDER}\nreceivers: { box: {}, crowd: { count: 3 } }`);
    expect(summary.atMs).toBeLessThan(30_000);
    expect(summary.receivers.map(({ completeCount }) => completeCount)).toEqual([1, 3]);
    expect(events.filter(({ event }) => event === 'complete')).toHaveLength(2);
    expect(events.filter(({ event }) => event === 'memberComplete')).toHaveLength(3);
    expect(summary.receivers[0]!.progress).toEqual({ min: 1, median: 1, max: 1 });
  });

  it(seeded('brings a receiver through sleep, death and the death of a server'), async () => {
    const { summary, events } = await run(`
duration: 120s
object: { size: 2MB, channels: [{ rate: 1Mbit }] }
servers: { a: { stop: 6s }, b: { start: 8s } }
links: { line: { rate: 4Mbit } }
receivers:
  sleeper: { below: line, sleeps: [{ from: 3s, to: 5s }] }
  phoenix: { below: line, deaths: [{ at: 10s, rise: 12s }] }
  gone: { below: line, deaths: [{ at: 10s }] }
`);
    expect(summary.receivers.map(({ completeCount }) => completeCount)).toEqual([1, 1, 0]);
    const [phoenix, gone] = [samplesOf(events, 'phoenix'), samplesOf(events, 'gone')];
    expect(gone.at(-1)!.atMs).toBeLessThanOrEqual(10_000);
    // Half a second of reception at most is received again.
    const [before, after] = [
      phoenix.filter(({ atMs }) => atMs <= 10_000).at(-1)!,
      phoenix.find(({ atMs }) => atMs > 13_500)!,
    ];
    expect(after.bytes).toBeGreaterThan(before.bytes - 0.6 * (1e6 / 8));
    // Everything alone takes 17.3 s; the pauses are 2 s of nobody sending, and 2 s or so of each receiver.
    for (const { receiver, completionMs } of summary.receivers.slice(0, 2)) {
      expect(completionMs!.median, receiver).toBeGreaterThan(20_000);
      expect(completionMs!.median, receiver).toBeLessThan(26_000);
    }
  });

  it(seeded('changes links when it should'), async () => {
    const { events } = await run(`
duration: 20s
object: { size: 50MB, channels: [{ rate: 4Mbit }] }
links: { line: { rate: 8Mbit, queue: 50ms, changes: [{ at: 10s, rate: 2Mbit }] } }
receivers: { box: { below: line, channels: [0] } }
`);
    const rateAt = (atMs: number) => samplesOf(events, 'box').find((sample) => sample.atMs === atMs)!;
    expect(rateAt(9000).rateBitsPerSecond / 4e6).toBeCloseTo(1, 1);
    expect(rateAt(19_000).rateBitsPerSecond / 2e6).toBeCloseTo(1, 1);
    expect(rateAt(19_000).lossRatio).toBeCloseTo(0.5, 1);
    const links = events.flatMap((event) => (event.event === 'link' && event.atMs === 19_000 ? [event] : []));
    expect(links).toMatchObject([{ capacityBitsPerSecond: 2e6 }]);
    expect(links[0]!.queueMs).toBeGreaterThan(40);
    expect(links[0]!.queueMs).toBeLessThanOrEqual(50);
  });

  it(seeded('lets as much of a channel leave at once as its burst says'), async () => {
    const dropsOf = async (channel: string) => {
      const { summary } = await run(`
duration: 5s
object: { size: 5MB, channels: [{ ${channel} }] }
links: { line: { rate: 8Mbit, queue: 10kB } }
receivers: { box: { below: line, channels: [0] } }
`);
      return summary.links[0]!.dropRatio;
    };
    // 50 ms of 4 Mbit/s are 25 kB, and they come at once.
    expect(await dropsOf('rate: 4Mbit, burst: 50ms')).toBeGreaterThan(0.2);
    expect(await dropsOf('rate: 4Mbit, burst: 5ms')).toBe(0);
    expect(await dropsOf('rate: 4Mbit')).toBe(0);
  });

  it(seeded('takes a disk that is slower than the link for what it is'), async () => {
    const { summary } = await run(`
duration: 30s
object: { size: 60MB, channels: [{ rate: 20Mbit }] }
receivers: { slow: { diskRate: 4Mbit, channels: [0] }, fast: { channels: [0] } }
`);
    const [slow, fast] = summary.receivers;
    expect(fast!.progress.median).toBe(1);
    // 30 s at 4 Mbit/s are 15 MB, and 16 MiB wait in memory.
    expect(slow!.progress.median).toBeGreaterThan(0.4);
    expect(slow!.progress.median).toBeLessThan(0.6);
  });

  it('stops when it is told to', async () => {
    const late = 'servers: { a: { start: 59min } }';
    const scenario = await parseScenario(`duration: 1h\n${LADDER}\n${late}\nreceivers: { box: {} }`, 's.yaml');
    const controller = new AbortController();
    const onEvent = ({ atMs }: SimulationEvent) => {
      if (atMs > 10_000) controller.abort(new Error('enough'));
    };
    await expect(simulate(scenario, { onEvent, signal: controller.signal })).rejects.toThrow('enough');
  });
});
