import { expect, it } from 'vitest';
import { parseScenario } from '../../../dist/scenario/load-scenario.js';
import { simulate } from '../../../dist/simulate/run/simulation.js';
import type { LinkSample, MembershipChange, SimulationEvent } from '../../../dist/simulate/run/simulation-events.js';

const KINDS = [
  'rate: 3Mbit, queue: 100ms, link: { kind: tokenBucket, burst: 16kB }',
  'rate: 3Mbit, link: { kind: policer, burst: 16kB }',
  'rate: 3Mbit, queue: 100ms, link: { kind: bursts, period: 10ms }',
  'rate: 3Mbit, link: { kind: beacons }',
  'rate: 3Mbit, queue: 60kB, link: { kind: wandering, outageEvery: 5s }',
  'rate: 3Mbit, link: { kind: fqCodel }',
];

async function play(link: string, sampleInterval: string) {
  const text = [
    'duration: 8s',
    `sampleInterval: ${sampleInterval}`,
    'object: { size: 20MB, ladder: { from: 500kbit, to: 4Mbit } }',
    `links: { one: { ${link} }, other: { ${link} } }`,
    'receivers: { full: { below: one }, crowd: { below: other, count: 3 } }',
    'traffic: { call: { kind: udp, below: other, rate: 50kbit, packetBytes: 200 } }',
  ];
  const events: SimulationEvent[] = [];
  const scenario = await parseScenario(text.join('\n'), 's.yaml');
  const summary = await simulate(scenario, { onEvent: (event) => events.push(event) });
  const samples = events.filter((event): event is LinkSample => event.event === 'link');
  const steps = events.filter((event): event is MembershipChange => event.event === 'join' || event.event === 'leave');
  const beliefs = events.flatMap((event) => (event.event === 'progress' && event.receiver === 'full' ? [event] : []));
  return { summary, samples, steps, belief: beliefs.at(-1)!.capacityBitsPerSecond! };
}

it.each(KINDS)(
  'a link with %s carries full receivers and crowds, and does the same however often it is looked at',
  async (link) => {
    const [often, seldom] = [await play(link, '50ms'), await play(link, '1s')];
    expect(often.summary.digest).toBe(seldom.summary.digest);
    expect(often.summary.receivers).toHaveLength(2);
    for (const { rateBitsPerSecond, use, lossRatio, dropRatio } of often.summary.links) {
      expect(rateBitsPerSecond).toBeGreaterThan(0.2e6);
      expect(use).toBeLessThan(1.05);
      // No wire of these loses anything.
      expect(dropRatio).toBe(lossRatio);
    }
    const capacities = new Set(often.samples.map(({ capacityBitsPerSecond }) => capacityBitsPerSecond));
    if (link.includes('wandering')) expect(capacities.size).toBeGreaterThan(20);
    else expect([...capacities]).toEqual([3e6]);
    // Fair queues give each train the turn of one of many flows.
    if (link.includes('tokenBucket') || link.includes('policer') || link.includes('beacons')) {
      expect(often.belief / 3e6).toBeGreaterThan(0.8);
      expect(often.belief / 3e6).toBeLessThan(1.5);
    }
    for (const receiver of often.summary.receivers) expect(receiver.rateBitsPerSecond.median).toBeGreaterThan(0.2e6);
    const changes = often.steps.filter(({ reason }) => /^level \d+ → \d+: /.test(reason));
    expect(changes.length).toBeGreaterThan(2);
    for (const { event, reason, compared = {} } of changes) {
      expect(Object.keys(compared), reason).not.toEqual([]);
      expect(Object.values(compared).every(Number.isFinite), reason).toBe(true);
      const { nextBitsPerSecond, mostBitsPerSecond = Number.POSITIVE_INFINITY } = compared;
      if (event === 'join') expect(nextBitsPerSecond, reason).toBeLessThanOrEqual(mostBitsPerSecond);
      else
        expect(
          Object.keys(compared).some((name) => name.startsWith('most')),
          reason,
        ).toBe(true);
    }
  },
);
