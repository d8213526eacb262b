import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../dist/scenario/load-scenario.js';
import { simulate } from '../../dist/simulate/simulation.js';
import type { ReceiverSample, SimulationEvent, SummaryEvent } from '../../dist/simulate/simulation-events.js';
import { seed, seeded } from './seed.js';

async function run(text: string): Promise<{ summary: SummaryEvent; samples: readonly ReceiverSample[] }> {
  const samples: ReceiverSample[] = [];
  const scenario = await parseScenario(text, 's.yaml', seed);
  const onEvent = (event: SimulationEvent) => {
    if (event.event === 'progress') samples.push(event);
  };
  return { summary: await simulate(scenario, { onEvent }), samples };
}

/** The same receivers behind a link of 5 Mbit/s, once as a crowd and once as whole receivers. */
function behindOneLink(model: 'crowd' | 'full', more = ''): string {
  return `
duration: 40s
object: { size: 40MB, ladder: { from: 500kbit, to: 16Mbit } ${more} }
links: { line: { rate: 5Mbit, queue: 80ms, delay: 10ms, leaveLatency: 200ms } }
receivers: { box: { below: line, count: 6, model: ${model}, startSpread: 3s } }
`;
}

describe('a crowd', () => {
  it(seeded('behaves as as many whole receivers do'), async () => {
    const [crowd, full] = [await run(behindOneLink('crowd')), await run(behindOneLink('full'))];
    const [one, other] = [crowd.summary.receivers[0]!, full.summary.receivers[0]!];
    expect(one.count).toBe(6);
    for (const key of ['min', 'median', 'max'] as const) {
      expect(Math.abs(one.level[key] - other.level[key]), `level ${key}`).toBeLessThan(1);
      expect(one.rateBitsPerSecond[key] / other.rateBitsPerSecond[key]).toBeGreaterThan(0.85);
      expect(one.rateBitsPerSecond[key] / other.rateBitsPerSecond[key]).toBeLessThan(1.15);
      expect(one.progress[key] / other.progress[key]).toBeGreaterThan(0.85);
      expect(one.progress[key] / other.progress[key]).toBeLessThan(1.15);
    }
    // Over time: levels of all within a step of each other, but for when one of the two tries the next.
    const times = crowd.samples.map(({ atMs }) => atMs).filter((atMs) => atMs > 10_000);
    const isNear = times.map((atMs) => {
      const levels = full.samples.filter((sample) => sample.atMs === atMs).map(({ level }) => level);
      const median = levels.toSorted((a, b) => a - b)[Math.floor((levels.length - 1) / 2)]!;
      return Math.abs(crowd.samples.find((sample) => sample.atMs === atMs)!.level - median) <= 1;
    });
    expect(isNear.filter(Boolean).length / isNear.length).toBeGreaterThan(0.9);
  });

  it(seeded('completes when it has heard what the forecast says, coded or not'), async () => {
    const plan = (code: string) => `
duration: 120s
object: { size: 2MB, code: ${code}, channels: [{ rate: 1Mbit }] }
receivers: { crowd: { count: 5, startSpread: 10s }, box: { channels: [0] } }
`;
    for (const code of ['raptorq', 'none']) {
      const { summary } = await run(plan(code));
      const [crowd, box] = summary.receivers;
      expect(crowd!.completeCount).toBe(5);
      expect(crowd!.completionMs!.median / box!.completionMs!.median, code).toBeGreaterThan(0.93);
      expect(crowd!.completionMs!.median / box!.completionMs!.median, code).toBeLessThan(1.07);
    }
  });

  it(seeded('joins what its first member wants and leaves with its last'), async () => {
    const { summary, samples } = await run(`
duration: 60s
object: { size: 1MB, channels: [{ rate: 2Mbit }] }
links: { line: { rate: 10Mbit, leaveLatency: 1s } }
receivers:
  early: { below: line, count: 3, channels: [0] }
  late: { below: line, count: 3, channels: [0], start: 20s }
`);
    expect(summary.receivers.map(({ completeCount }) => completeCount)).toEqual([3, 3]);
    // Two passes of some 4.6 s, with the latency of a leave: in between and after, nothing.
    const [line] = summary.links;
    expect((line!.rateBitsPerSecond * summary.atMs) / 1000).toBeLessThan(2 * (4.9 + 1.1) * 2e6);
    expect(samples.filter(({ receiver, atMs }) => receiver === 'early' && atMs > 10_000)[0]!.listening).toBe(0);
  });

  it(seeded('is told by the share of the slowest link above it, and by its losses'), async () => {
    const { summary } = await run(`
duration: 20s
object: { size: 100MB, channels: [{ rate: 1Mbit }, { rate: 1Mbit }] }
links:
  trunk: { rate: 100Mbit }
  line: { below: trunk, rate: 4Mbit, loss: 5% }
receivers: { crowd: { below: line, count: 4, channels: [0, 1] } }
`);
    const [crowd] = summary.receivers;
    expect(crowd!.share!.median).toBeCloseTo(0.475, 1);
    expect(crowd!.lossRatio.median).toBeCloseTo(0.05, 1);
    expect(crowd!.level).toMatchObject({ min: 2, max: 2 });
  });

  it.each(['several', 'best'] as const)(
    seeded('and a whole receiver hear source-specific channels of two servers, mode %s'),
    async (mode) => {
      const text = `
duration: 60s
object: { size: 2MB, mode: ${mode}, ladder: { from: 500kbit, to: 2Mbit } }
servers: { a: {}, b: { channels: [0, 1] } }
links: { line: { rate: 20Mbit, queue: 50ms } }
receivers: { crowd: { below: line, count: 3 }, box: { below: line } }
`;
      const scenario = await parseScenario(text, 's.yaml', seed);
      const { receivers } = await simulate({ ...scenario, object: { ...scenario.object, ssm: true } });
      expect(receivers.map(({ completeCount }) => completeCount)).toEqual([3, 1]);
      const [crowd, box] = receivers;
      expect(crowd!.completionMs!.median / box!.completionMs!.median).toBeGreaterThan(0.8);
      expect(crowd!.completionMs!.median / box!.completionMs!.median).toBeLessThan(1.25);
    },
  );
});
