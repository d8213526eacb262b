import fc from 'fast-check';
import type { Discipline } from '../../../../dist/simulate/net/discipline/discipline.js';
import { type Flow, type Packet, packetOf } from '../../../../dist/simulate/net/packet.js';

/** A packet that comes to a link. */
export interface Arrival {
  readonly atUs: number;
  readonly bytes: number;
  readonly flow: number;
}

/** What became of arrivals: their indexes, in the order in which they left, with the first whole µs by which each had left. */
export interface Played {
  readonly left: readonly (readonly [index: number, atUs: number])[];
  readonly droppedCount: number;
}

const flows: readonly Flow[] = ['ff15::1', 'ff15::2', 'ff15::3', 'flow a', 'flow b'].map((group) => {
  return { group, port: 1, source: 'fd00::1' };
});

export const isMulticast = ({ flow }: Arrival): boolean => flow < 3;

/** Most of the packets come in clusters, as trains do; some after a pause in which tokens are saved and queues empty. */
export function arrivals(flowCount = 1): fc.Arbitrary<readonly Arrival[]> {
  const arrival = fc.record({
    gapUs: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 4, arbitrary: fc.nat(300) },
      { weight: 1, arbitrary: fc.nat(20_000) },
    ),
    bytes: fc.integer({ min: 100, max: 1600 }),
    flow: fc.nat(flowCount - 1),
  });
  return fc.array(arrival, { minLength: 1, maxLength: 120 }).map((plans) => {
    let atUs = 0;
    return plans.map(({ gapUs, bytes, flow }) => {
      atUs += gapUs;
      return { atUs, bytes, flow };
    });
  });
}

/** Plays arrivals as a link does. */
export function play(discipline: Discipline, plan: readonly Arrival[]): Played {
  const left: [number, number][] = [];
  const indexes = new Map<Packet, number>();
  const takeUntil = (untilUs: number) => {
    while (discipline.nextUs <= untilUs) {
      const { nextUs } = discipline;
      left.push([indexes.get(discipline.take())!, Math.ceil(nextUs)]);
    }
  };
  for (const [index, { atUs, bytes, flow }] of plan.entries()) {
    takeUntil(atUs);
    const packet = { ...packetOf(flows[flow]!, new Uint8Array(0), 0, 0), wireBytes: bytes };
    indexes.set(packet, index);
    discipline.offer(packet, atUs);
  }
  takeUntil(1e12);
  return { left, droppedCount: discipline.droppedCount };
}

/** A link that looks at every µs, for oracles: `arrive` says whether it keeps a packet, `step` returns what leaves in that µs. */
export interface Stepped {
  arrive(index: number, nowUs: number): boolean;
  step(nowUs: number): readonly number[];
  readonly isEmpty: boolean;
}

export function playStepped(link: Stepped, plan: readonly Arrival[]): Played {
  const left: [number, number][] = [];
  let keptCount = 0;
  const stepOnce = (nowUs: number) => {
    for (const index of link.step(nowUs)) left.push([index, nowUs]);
  };
  let next = 0;
  for (let nowUs = 0; next < plan.length || !link.isEmpty; nowUs++) {
    // What leaves by now makes room for what comes now.
    stepOnce(nowUs);
    for (; next < plan.length && plan[next]!.atUs === nowUs; next++) {
      if (link.arrive(next, nowUs)) keptCount++;
      for (const index of link.step(nowUs)) left.push([index, nowUs]);
    }
  }
  return { left, droppedCount: plan.length - keptCount };
}
