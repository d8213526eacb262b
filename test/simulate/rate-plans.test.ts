import { describe, expect, it } from 'vitest';
import { thirdsLevels } from '../../dist/rate/ladder/ladder.js';
import { parseScenario } from '../../dist/scenario/load-scenario.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { simulate } from '../../dist/simulate/run/simulation.js';
import type {
  LinkSample,
  MembershipChange,
  ReceiverSample,
  SummaryEvent,
} from '../../dist/simulate/run/simulation-events.js';
import { seed, seeded } from './seed.js';

const levels = thirdsLevels(500e3, 100e6);
const object = (mode = 'several', size = '2GB') =>
  `object: { size: ${size}, mode: ${mode}, ladder: { from: 500kbit, to: 100Mbit } }`;

interface Run {
  readonly samples: readonly ReceiverSample[];
  readonly links: readonly LinkSample[];
  readonly moves: readonly MembershipChange[];
  readonly summary: SummaryEvent;
}

async function run(text: string): Promise<Run> {
  const samples: ReceiverSample[] = [];
  const links: LinkSample[] = [];
  const moves: MembershipChange[] = [];
  const scenario = await parseScenario(`sampleInterval: 250ms\n${text}`, 's.yaml', seed);
  const summary = await simulate(scenario, {
    onEvent: (event) => {
      if (event.event === 'progress') samples.push(event);
      else if (event.event === 'link') links.push(event);
      else if (event.event === 'join' || event.event === 'leave') moves.push(event);
    },
  });
  return { samples, links, moves, summary };
}

/** The highest level within a rate, from 0. */
function levelWithin(rateBitsPerSecond: number): number {
  return levels.findLastIndex((level) => level <= rateBitsPerSecond * 1.001);
}

function rateOf({ levelRateBitsPerSecond }: ReceiverSample): number {
  return levelRateBitsPerSecond;
}

function meanRate(samples: readonly ReceiverSample[]): number {
  return samples.reduce((sum, sample) => sum + rateOf(sample), 0) / samples.length;
}

function between({ samples }: Run, fromS: number, toS: number): readonly ReceiverSample[] {
  return samples.filter(({ atMs }) => atMs > fromS * 1000 && atMs <= toS * 1000);
}

/** So many capacities from 0.55 to 100 Mbit/s, one somewhere in each of as many equal parts on a logarithmic scale. */
function capacities(count: number, label: string): readonly number[] {
  const prng = new Prng(seed).fork(label);
  return Array.from({ length: count }, (_, i) => Math.round(0.55e6 * (100 / 0.55) ** ((i + prng.ratio()) / count)));
}

function behind(rate: number, mode = 'several', loss = '0%'): string {
  // A tenth of a second, but no less than a train.
  const queue = Math.max(20_000, Math.round(rate / 80));
  return `
duration: 20s
${object(mode)}
links: { line: { rate: ${rate}bit, queue: ${queue}B, delay: 10ms, leaveLatency: 200ms, loss: ${loss} } }
receivers: { box: { below: line, model: crowd } }
`;
}

/** The level that a receiver should end on; where a capacity is a hair above a level, that or the one below. */
function expectBest(samples: readonly ReceiverSample[], capacity: number): void {
  const best = levelWithin(capacity);
  const last = levelWithin(meanRate(samples));
  expect(last).toBeLessThanOrEqual(best);
  expect(last).toBeGreaterThanOrEqual(levels[best]! > 0.95 * capacity ? best - 1 : best);
}

/** From the first join to nine tenths of where it ends. */
function startSeconds({ samples }: Run): number {
  const joined = samples.findIndex((sample) => rateOf(sample) > 0);
  const there = samples.findIndex((sample) => rateOf(sample) >= 0.9 * rateOf(samples.at(-1)!));
  return (samples[there]!.atMs - samples[joined]!.atMs) / 1000;
}

describe('a receiver alone behind its bottleneck', () => {
  it.each(capacities(8, 'alone'))(
    seeded('is within 4 s on the best level for %d bit/s, and never far above'),
    async (rate) => {
      const ran = await run(behind(rate));
      expect(startSeconds(ran)).toBeLessThanOrEqual(4.25);
      expectBest(between(ran, 16, 20), rate);
      const highest = Math.max(...ran.samples.map((sample) => levelWithin(rateOf(sample))));
      expect(highest).toBeLessThanOrEqual(levelWithin(rate) + 1);
      expect(meanRate(between(ran, 8, 20)) / levels[levelWithin(rate)]!).toBeGreaterThan(0.8);
      expect(ran.summary.links[0]!.lossRatio).toBeLessThan(0.02);
    },
  );

  it.each(capacities(3, 'replicated'))(seeded('chooses the best of replicated channels for %d bit/s'), async (rate) => {
    const ran = await run(behind(rate, 'best'));
    expect(startSeconds(ran)).toBeLessThanOrEqual(10);
    const highest = Math.max(...ran.samples.map((sample) => levelWithin(rateOf(sample))));
    expect(highest).toBeLessThanOrEqual(levelWithin(rate) + 1);
    expect(meanRate(between(ran, 10, 20)) / levels[levelWithin(rate)]!).toBeGreaterThan(0.7);
    expect(meanRate(between(ran, 10, 20))).toBeLessThan(1.05 * rate);
  });

  it.each(capacities(3, 'radio'))(
    seeded('does not take a random loss of one in twenty for congestion, at %d bit/s'),
    async (rate) => {
      const ran = await run(behind(rate, 'several', '5%'));
      expect(startSeconds(ran)).toBeLessThanOrEqual(8);
      expect(meanRate(between(ran, 8, 20)) / levels[levelWithin(rate)]!).toBeGreaterThan(0.8);
      const highest = Math.max(...ran.samples.map((sample) => levelWithin(rateOf(sample))));
      expect(highest).toBeLessThanOrEqual(levelWithin(rate) + 1);
    },
  );

  it(seeded('goes down in time when the capacity halves, and up again when it doubles'), async () => {
    const ran = await run(`
duration: 50s
${object()}
links:
  line:
    rate: 9.5Mbit
    queue: 200ms
    delay: 10ms
    leaveLatency: 500ms
    changes: [{ at: 15s, rate: 4.75Mbit }, { at: 30s, rate: 9.5Mbit }]
receivers: { box: { below: line, model: crowd } }
`);
    expectBest(between(ran, 10, 15), 9.5e6);
    // Seen within half a second, and a leave latency until the leave works; then it drains.
    const queues = ran.links.filter(({ link, atMs }) => link === 'line' && atMs >= 17_500 && atMs < 30_000);
    expect(Math.max(...queues.map(({ queueMs }) => queueMs))).toBeLessThan(20);
    expect(meanRate(between(ran, 16.5, 30))).toBeLessThanOrEqual(4.75e6);
    expectBest(between(ran, 25, 30), 4.75e6);
    expectBest(between(ran, 45, 50), 9.5e6);
    expect(meanRate(between(ran, 36, 50))).toBeGreaterThan(0.8 * 8e6);
    expect(ran.summary.links[0]!.lossRatio).toBeLessThan(0.03);
  });

  it(seeded('goes down further when the capacity halves while it waits for a leave to work'), async () => {
    const ran = await run(`
duration: 30s
${object()}
links:
  line:
    rate: 9.5Mbit
    queue: 100ms
    delay: 10ms
    leaveLatency: 2s
    changes: [{ at: 12s, rate: 12.5Mbit }, { at: 14s, rate: 9.5Mbit }, { at: 15s, rate: 4.75Mbit }]
receivers: { box: { below: line, model: crowd } }
`);
    // The level that 12.5 Mbit/s had room for fails before the capacity halves, and nothing but half of it is right after.
    expect(Math.max(...between(ran, 12, 14).map(rateOf))).toBeGreaterThan(9.5e6);
    const queues = ran.links.filter(({ link, atMs }) => link === 'line' && atMs >= 18_250);
    expect(Math.max(...queues.map(({ queueMs }) => queueMs))).toBeLessThan(20);
    expectBest(between(ran, 25, 30), 4.75e6);
  });

  it(seeded('stays below the highest rate that is allowed'), async () => {
    const ran = await run(`
duration: 20s
${object()}
receivers: { box: { maxRate: 3Mbit, model: crowd } }
`);
    expect(Math.max(...ran.samples.map(rateOf))).toBe(2_666_667);
    expect(rateOf(ran.samples.at(-1)!)).toBe(2_666_667);
  });

  it(seeded('stays on the channels that the user chose, however many packets are lost'), async () => {
    const ran = await run(`
duration: 20s
${object('several', '40MB')}
links: { line: { rate: 1Mbit } }
receivers: { box: { below: line, channels: [0, 9], model: full } }
`);
    expect(ran.moves.map(({ event, channel }) => `${event} ${channel}`)).toEqual(['join 0', 'join 9']);
    expect(ran.samples.at(-1)!.lossRatio).toBeGreaterThan(0.15);
  });
});

describe('receivers behind one bottleneck', () => {
  it(seeded('use the same permissions, and end on the same level'), async () => {
    const ran = await run(`
duration: 40s
${object()}
links: { line: { rate: 4.6Mbit, queue: 150ms, delay: 10ms, leaveLatency: 300ms } }
receivers: { box: { below: line, count: 10, startSpread: 10s } }
`);
    const late = between(ran, 32, 40);
    expectBest(late, 4.6e6);
    for (const { levelMin, levelMax } of late) expect(levelMax! - levelMin!).toBeLessThanOrEqual(1);
    const carried = ran.links.filter(({ link, atMs }) => link === 'line' && atMs > 32_000);
    const rate = carried.reduce((sum, { rateBitsPerSecond }) => sum + rateBitsPerSecond, 0) / carried.length;
    expect(rate).toBeLessThanOrEqual(1.05 * meanRate(late));
    expect(ran.summary.links[0]!.lossRatio).toBeLessThan(0.03);
  });

  it(seeded('is one, whichever of two servers it hears on channels of their own'), async () => {
    const text = `
duration: 20s
object: { size: 40MB, ladder: { from: 500kbit, to: 16Mbit } }
servers: { a: {}, b: {} }
links: { line: { rate: 5Mbit, queue: 60kB, delay: 10ms, leaveLatency: 200ms } }
receivers: { box: { below: line, model: full } }
`;
    const scenario = await parseScenario(text, 's.yaml', seed);
    const samples: ReceiverSample[] = [];
    const joins: string[] = [];
    const ssm = { ...scenario, object: { ...scenario.object, ssm: true } };
    const summary = await simulate(ssm, {
      onEvent: (event) => {
        if (event.event === 'progress' && event.atMs > 8000) samples.push(event);
        else if (event.event === 'join') joins.push(`${event.server} ${event.channel}`);
      },
    });
    expect(joins).toEqual(expect.arrayContaining(['a 0', 'b 0', 'a 1', 'b 1']));
    expect(meanRate(samples)).toBeGreaterThan(0.75 * 5e6);
    expect(meanRate(samples)).toBeLessThanOrEqual(5e6);
    expect(summary.links[0]!.lossRatio).toBeLessThan(0.02);
  });

  it(seeded('try together: receivers on one level step up at the same permission'), async () => {
    // 16 levels of 1 Mbit/s and a bottleneck that opens slowly, so that trains are always a step behind.
    const changes = Array.from(
      { length: 8 },
      (_, i) => `{ at: ${12 + 4 * i}s, rate: ${(3.4 + 0.5 * i).toFixed(1)}Mbit }`,
    );
    const ran = await run(`
duration: 44s
${object('several', '40MB')}
links: { line: { rate: 2.9Mbit, queue: 150ms, delay: 10ms, leaveLatency: 300ms, changes: [${changes.join(', ')}] } }
receivers: { box: { below: line, count: 4, startSpread: 3s, model: full } }
`);
    const climbs = ran.moves.filter(({ event, atMs, reason }) => event === 'join' && atMs > 12_000 && /→/.test(reason));
    const receivers = new Set(ran.samples.map(({ receiver }) => receiver));
    expect(receivers.size).toBe(4);
    const moments = climbs.map(({ atMs }) => atMs).sort((a, b) => a - b);
    const groups = moments.filter((atMs, i) => i === 0 || atMs - moments[i - 1]! > 150);
    // Alone they would take as many moments as climbs.
    expect(climbs.length).toBeGreaterThanOrEqual(8);
    expect(groups.length).toBeLessThanOrEqual(climbs.length / 2);
  });
});
