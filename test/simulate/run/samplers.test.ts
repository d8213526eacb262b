import { expect, it } from 'vitest';
import { parseScenario } from '../../../dist/scenario/load-scenario.js';
import { simulate } from '../../../dist/simulate/run/simulation.js';
import { seed, seeded } from '../seed.js';

it(
  seeded(
    'a link with a long queue carries what leaves the queue, not what enters, and its use counts each rate for its time',
  ),
  async () => {
    const text = `
duration: 5s
object: { size: 5MB, channels: [{ rate: 100kbit }] }
links: { line: { rate: 300kbit, queue: 1MB, changes: [{ at: 3s, rate: 100bit }] } }
receivers: { one: {} }
traffic: { download: { kind: cubic, below: line } }
`;
    const rates: number[] = [];
    const { links } = await simulate(await parseScenario(text, 's.yaml', seed), {
      onEvent: (event) => {
        if (event.event === 'link') rates.push(event.rateBitsPerSecond);
      },
    });
    expect(rates.every((rate) => rate <= 305_000)).toBe(true);
    expect(rates.at(-1)).toBeLessThan(1000);
    expect(links[0]!.use).toBeGreaterThan(0.99);
    expect(links[0]!.use).toBeLessThanOrEqual(1.01);
  },
);
