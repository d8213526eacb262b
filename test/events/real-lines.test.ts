import { describe, expect, it } from 'vitest';
import { tellPrograms } from '../../dist/cli/json/fetch-events.js';
import type { Receiver } from '../../dist/create-receiver.js';
import { fetchEvents } from '../../dist/events/fetch-events.js';
import { lineReader } from '../../dist/events/read-line.js';
import { simulateEvents } from '../../dist/events/simulate-events.js';
import { parseScenario } from '../../dist/scenario/load-scenario.js';
import { simulate } from '../../dist/simulate/run/simulation.js';
import type { ReceiverSample, SimulationEvent } from '../../dist/simulate/run/simulation-events.js';
import { Bed, SYMBOL_BYTES } from '../transfer/bed.js';

const readFetch = lineReader(fetchEvents);
const readSimulated = lineReader(simulateEvents);

/** Channels of a replicated ladder that are not in the order of their rates: level 1 is channel 1, level 3 channel 0. */
const REPLICATED = `
duration: 6s
sampleInterval: 1s
seed: 1
object: { size: 6MB, mode: best, channels: [{ rate: 4Mbit }, { rate: 1Mbit }, { rate: 2Mbit }] }
links: { line: { rate: 3Mbit, queue: 100ms } }
receivers:
  box: { below: line, mode: best }
  crowd: { below: line, mode: best, count: 3 }
traffic: { call: { kind: udp, below: line, rate: 100kbit, packetBytes: 500 } }
`;

async function eventsOf(scenario: string): Promise<readonly SimulationEvent[]> {
  const events: SimulationEvent[] = [];
  await simulate(await parseScenario(scenario, 'scenario.yaml'), { onEvent: (event) => events.push(event) });
  return events;
}

describe('every line that is printed is as the schema says', () => {
  it('of fetch', async () => {
    const bed = new Bed('lines');
    await bed.server().publish(bed.object(1000));
    const receiver = bed.receiver();
    const lines: unknown[] = [];
    tellPrograms(receiver as unknown as Receiver, (event, fields) => lines.push({ event, atMs: 0, ...fields }));
    await bed.completion(receiver, 60);
    const read = lines.map((line) => readFetch(JSON.parse(JSON.stringify(line))));
    expect(read.filter((event) => typeof event !== 'object')).toEqual([]);
    const names = new Set(read.map((event) => (event as { readonly event: string }).event));
    expect([...names]).toEqual(expect.arrayContaining(['descriptor', 'join', 'leave', 'progress', 'complete']));
    expect(read.at(-1)).toMatchObject({ event: 'complete', bytes: 1000 * SYMBOL_BYTES });
  });

  it('of simulate, with the level that its reasons name', async () => {
    const events = await eventsOf(REPLICATED);
    for (const event of events)
      expect(readSimulated(JSON.parse(JSON.stringify(event)))).toMatchObject({ event: event.event });
    const samples = events.filter((event): event is ReceiverSample => event.event === 'progress');
    const reasons = events.flatMap((event) => (event.event === 'join' ? [event.reason] : []));
    expect(reasons.at(-1)).toMatch(/^level 1 → 2: /);
    const last = (receiver: string) => samples.findLast((sample) => sample.receiver === receiver);
    expect(last('box')).toMatchObject({ level: 2, levelCount: 3 });
    expect(last('crowd')).toMatchObject({ level: 2, levelMin: 2, levelMax: 2, levelCount: 3 });
  });
});
