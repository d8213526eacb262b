import { expect, it } from 'vitest';
import { parseScenario } from '../../dist/scenario/load-scenario.js';
import { simulate } from '../../dist/simulate/run/simulation.js';
import { seed } from './seed.js';

/** When each receiver was first seen on its highest level, on links that are faster than the ladder. */
async function topMs(): Promise<Readonly<Record<string, number>>> {
  const text = `
duration: 8s
sampleInterval: 100ms
object: { size: 1GB, ladder: { from: 500kbit, to: 4Mbit } }
links: { a: { rate: 100Mbit }, b: { rate: 100Mbit }, c: { rate: 100Mbit }, d: { rate: 100Mbit } }
receivers:
  low: { below: a, caution: low }
  normal: { below: b }
  high: { below: c, caution: high }
  crowd: { below: d, model: crowd, caution: high }
`;
  const seenMs: Record<string, number> = {};
  await simulate(await parseScenario(text, 's.yaml', seed), {
    onEvent: (event) => {
      if (event.event === 'progress' && event.level === event.levelCount) seenMs[event.receiver] ??= event.atMs;
    },
  });
  return seenMs;
}

it('receivers of a scenario climb as slowly as their caution says where no level fills the link', async () => {
  const { low, normal, high, crowd } = await topMs();
  expect(low).toBeLessThan(normal! - 500);
  expect(high).toBeGreaterThan(normal! + 1000);
  expect(crowd).toBeGreaterThan(normal! + 1000);
});
