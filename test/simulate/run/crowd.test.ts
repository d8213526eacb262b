import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../../dist/scenario/load-scenario.js';
import { simulate } from '../../../dist/simulate/run/simulation.js';
import type { ReceiverSample, SimulationEvent, SummaryEvent } from '../../../dist/simulate/run/simulation-events.js';
import { seed, seeded } from '../seed.js';

async function run(
  text: string,
  runSeed = seed,
): Promise<{ summary: SummaryEvent; samples: readonly ReceiverSample[] }> {
  const samples: ReceiverSample[] = [];
  const scenario = await parseScenario(text, 's.yaml', runSeed);
  const onEvent = (event: SimulationEvent) => {
    if (event.event === 'progress') samples.push(event);
  };
  return { summary: await simulate(scenario, { onEvent }), samples };
}

/** The same receivers behind a link, as a crowd or as full receivers. */
function behindOneLink(model: 'crowd' | 'full', count: number, rate: string, traffic = ''): string {
  return `
duration: 40s
object: { size: 80MB, ladder: { from: 500kbit, to: 16Mbit } }
links: { line: { rate: ${rate}, queue: 80ms, delay: 10ms, leaveLatency: 200ms } }
receivers: { box: { below: line, count: ${count}, model: ${model}, startSpread: 3s } }
${traffic}
`;
}

/** Of all samples after the beginning, and all receivers in them. */
function meanOf(samples: readonly ReceiverSample[], of: (sample: ReceiverSample) => number): number {
  const counted = samples.filter(({ atMs }) => atMs > 10_000);
  return counted.reduce((sum, sample) => sum + of(sample), 0) / counted.length;
}

describe('a crowd', () => {
  it.each(['1.4Mbit', '5Mbit', '14Mbit'])(
    seeded('of one holds the levels that a full receiver holds behind %s'),
    async (rate) => {
      const [crowd, full] = [await run(behindOneLink('crowd', 1, rate)), await run(behindOneLink('full', 1, rate))];
      const levels = [crowd, full].map(({ samples }) => meanOf(samples, ({ level }) => level));
      expect(Math.abs(levels[0]! - levels[1]!)).toBeLessThan(1);
      const rates = [crowd, full].map(({ samples }) => meanOf(samples, ({ rateBitsPerSecond }) => rateBitsPerSecond));
      expect(rates[0]! / rates[1]!).toBeGreaterThan(0.85);
      expect(rates[0]! / rates[1]!).toBeLessThan(1.18);
    },
  );

  it.each([
    // Single runs differ by a hundredth.
    ['', 2, ''],
    // Single runs differ by a quarter, means of four by a fifth now and then, means of ten by a tenth.
    [' beside TCP', 10, 'traffic: { web: { kind: cubic, below: line } }'],
  ])(seeded('of several gets in the mean what as many full receivers get%s'), async (_, runCount, traffic) => {
    // Whose try disturbs whose is a matter of chance: the mean over some runs is not.
    const runs = { crowd: [], full: [] } as { readonly [model in 'crowd' | 'full']: ReceiverSample[] };
    for (const model of ['crowd', 'full'] as const) {
      for (let turn = 1; turn <= runCount; turn++) {
        const { samples, summary } = await run(behindOneLink(model, 6, '5Mbit', traffic), `${seed} ${turn}`);
        expect(summary.receivers[0]!.count).toBe(6);
        runs[model].push(...samples);
      }
    }
    const ratio =
      meanOf(runs.crowd, ({ rateBitsPerSecond }) => rateBitsPerSecond) /
      meanOf(runs.full, ({ rateBitsPerSecond }) => rateBitsPerSecond);
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.25);
    const losses = [runs.crowd, runs.full].map((samples) => meanOf(samples, ({ lossRatio }) => lossRatio));
    expect(Math.abs(losses[0]! - losses[1]!)).toBeLessThan(0.02);
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
    seeded('and a full receiver receive source-specific channels of two servers, mode %s'),
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
