import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../../dist/scenario/load-scenario.js';
import { simulate } from '../../../dist/simulate/run/simulation.js';
import type { ReceiverSample } from '../../../dist/simulate/run/simulation-events.js';
import { seed, seeded } from '../seed.js';

async function run(text: string) {
  const samples: ReceiverSample[] = [];
  const summary = await simulate(await parseScenario(text, 's.yaml', seed), {
    onEvent: (event) => {
      if (event.event === 'progress') samples.push(event);
    },
  });
  return { samples, receivers: summary.receivers[0]! };
}

const COMMON = 'object: { size: 1MB, channels: [{ rate: 1Mbit }] }\nlinks: { line: { rate: 2Mbit, delay: 10ms } }';

describe('a server that loses power', () => {
  it(seeded('is silent until the power is back, and then completes receivers again'), async () => {
    const { samples, receivers } = await run(`
duration: 40s
${COMMON}
servers: { alpha: { deaths: [{ at: 3s, rise: 20s }, { at: 22s, rise: 24s }] } }
receivers: { box: { below: line } }
`);
    const rateAt = (atMs: number) => samples.find((sample) => sample.atMs === atMs)?.rateBitsPerSecond;
    expect([rateAt(2500)! > 0.5e6, rateAt(10_000), rateAt(21_500)! > 0.5e6, rateAt(23_500)]).toEqual([
      true,
      0,
      true,
      0,
    ]);
    expect(receivers.completeCount).toBe(1);
    expect(receivers.completionMs!.median).toBeGreaterThan(24_000);
  });
});

describe('a crowd with a duty cycle', () => {
  it(
    seeded('listens for that share of the time in the mean, and its members complete after their sleeps'),
    async () => {
      const crowdOf = (dutyCycle: string) => `
duration: 90s
${COMMON}
receivers: { box: { below: line, count: 60${dutyCycle} } }
`;
      const sleepy = await run(crowdOf(', dutyCycle: { awake: 2s, asleep: 6s }'));
      const awake = await run(crowdOf(''));
      // Nobody is complete before 8 s, and by then two mean times of being awake have passed.
      const early = sleepy.samples.filter(({ atMs }) => atMs >= 5000 && atMs <= 8000);
      const shares = early.map(({ listening }) => listening! / 60);
      const share = shares.reduce((sum, one) => sum + one, 0) / shares.length;
      expect(share).toBeGreaterThan(0.12);
      expect(share).toBeLessThan(0.45);
      expect([awake.receivers.completeCount, sleepy.receivers.completeCount > 50]).toEqual([60, true]);
      const ratio = sleepy.receivers.completionMs!.median / awake.receivers.completionMs!.median;
      expect(ratio).toBeGreaterThan(2.5);
      expect(ratio).toBeLessThan(6);
    },
  );
});
