import { expect, it } from 'vitest';
import { parseScenario } from '../../../dist/scenario/load-scenario.js';
import { simulate } from '../../../dist/simulate/run/simulation.js';
import type { SimulationEvent } from '../../../dist/simulate/run/simulation-events.js';
import { seed, seeded } from '../seed.js';

/** Awake for 10 s of each 30 s, in phases that drift against the carousel's. */
const SLEEPS = Array.from({ length: 20 }, (_, i) => `{ from: ${10 + 31 * i}s, to: ${31 + 31 * i}s }`).join(', ');

it(
  seeded('a device that is asleep two thirds of the time receives at most 2 % more than one that is always awake'),
  async () => {
    const events: SimulationEvent[] = [];
    const text = `
duration: 600s
object: { size: 8MB, channels: [{ rate: 1Mbit }] }
servers: { a: {} }
links: { line: { rate: 4Mbit, loss: { share: 1%, burst: 3 } } }
receivers:
  awake: { below: line }
  asleep: { below: line, sleeps: [${SLEEPS}] }
`;
    const summary = await simulate(await parseScenario(text, 's.yaml', seed), {
      onEvent: (event) => events.push(event),
    });
    const overheadOf = (name: string) => {
      const complete = events.find((event) => event.event === 'complete' && event.receiver === name);
      return complete?.event === 'complete' ? complete.overhead : undefined;
    };
    const [awake, asleep] = summary.receivers.map(({ completionMs }) => completionMs?.median);
    // It was away for two thirds of the time, so that each of its wakes began elsewhere in the carousel.
    expect(asleep).toBeGreaterThan(2.5 * awake!);
    expect(overheadOf('awake')).toBeLessThan(0.02);
    expect(overheadOf('asleep')! - overheadOf('awake')!).toBeLessThanOrEqual(0.02);
  },
);

it(
  seeded(
    'a device that starts, or gets its power back, while it should sleep, sleeps until all of its sleeps are over',
  ),
  async () => {
    const events: SimulationEvent[] = [];
    const text = `
duration: 60s
object: { size: 1MB, channels: [{ rate: 1Mbit }] }
receivers:
  late: { start: 5s, sleeps: [{ from: 2s, to: 20s }, { from: 10s, to: 30s }, { from: 15s, to: 17s }] }
  risen: { sleeps: [{ from: 2s, to: 30s }], deaths: [{ at: 5s, rise: 10s }] }
`;
    await simulate(await parseScenario(text, 's.yaml', seed), { onEvent: (event) => events.push(event) });
    const completeMs = (name: string) =>
      events.find((event) => event.event === 'complete' && event.receiver === name)?.atMs ?? Number.NaN;
    const heard = events.flatMap((event) =>
      event.event === 'progress' && event.rateBitsPerSecond > 0 ? [[event.receiver, event.atMs] as const] : [],
    );
    expect(heard.length).toBeGreaterThan(10);
    expect(heard.filter(([name, atMs]) => atMs < 30_000 && (name === 'late' || atMs > 2500))).toEqual([]);
    for (const name of ['late', 'risen']) {
      expect(completeMs(name), name).toBeGreaterThan(35_000);
      expect(completeMs(name), name).toBeLessThan(50_000);
    }
  },
);
