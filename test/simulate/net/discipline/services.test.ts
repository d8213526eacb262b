import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bursts } from '../../../../dist/simulate/net/discipline/bursts.js';
import { CapacityTrace } from '../../../../dist/simulate/net/discipline/capacity-trace.js';
import type { Discipline } from '../../../../dist/simulate/net/discipline/discipline.js';
import { Policer } from '../../../../dist/simulate/net/discipline/policer.js';
import { ServiceQueue } from '../../../../dist/simulate/net/discipline/service-queue.js';
import { TokenBucket } from '../../../../dist/simulate/net/discipline/token-bucket.js';
import { TracedService } from '../../../../dist/simulate/net/discipline/traced-service.js';
import { type Arrival, arrivals, type Played, play, playStepped, type Stepped } from './played.js';

/** Bytes in a µs; powers of two, so that sums are exact. 1 is 8 Mbit/s. */
const speeds = fc.constantFrom(0.125, 0.25, 0.5, 1, 4);
const rateOf = (speed: number) => speed * 8e6;

/** Whether the first packet leaves now: infinite `bytes` if none waits. Time has passed when `isNewStep`. */
type Leaves = (bytes: number, nowUs: number, isNewStep: boolean) => boolean;

/** The oracle of links with one queue: a list of packets, and what may leave in each µs. */
class OracleQueue implements Stepped {
  readonly #plan: readonly Arrival[];
  readonly #queueBytes: number;
  readonly #leaves: Leaves;
  #waiting: number[] = [];
  #steppedUs = -1;

  constructor(plan: readonly Arrival[], queueBytes: number, leaves: Leaves) {
    this.#plan = plan;
    this.#queueBytes = queueBytes;
    this.#leaves = leaves;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  arrive(index: number): boolean {
    const bytes = this.#waiting.reduce((sum, each) => sum + this.#plan[each]!.bytes, 0);
    if (bytes + this.#plan[index]!.bytes > this.#queueBytes) return false;
    this.#waiting.push(index);
    return true;
  }

  step(nowUs: number): readonly number[] {
    const left: number[] = [];
    let isNewStep = nowUs > this.#steppedUs;
    this.#steppedUs = nowUs;
    for (;;) {
      const first = this.#waiting[0];
      // Even without a packet the link has to know that time has passed.
      const leaves = this.#leaves(
        first === undefined ? Number.POSITIVE_INFINITY : this.#plan[first]!.bytes,
        nowUs,
        isNewStep,
      );
      isNewStep = false;
      if (!leaves) return left;
      left.push(this.#waiting.shift()!);
    }
  }
}

function bucketOracle(plan: readonly Arrival[], speed: number, burstBytes: number, queueBytes: number): Played {
  let tokens = burstBytes;
  const fitting = plan.map((arrival) => (arrival.bytes > burstBytes ? { ...arrival, bytes: 1e9 } : arrival));
  return playStepped(
    new OracleQueue(fitting, queueBytes, (bytes, nowUs, isNewStep) => {
      if (isNewStep && nowUs > 0) tokens = Math.min(burstBytes, tokens + speed);
      if (tokens < bytes) return false;
      tokens -= bytes;
      return true;
    }),
    plan,
  );
}

describe('a token bucket with a queue', () => {
  const sizes = {
    burstBytes: fc.integer({ min: 1500, max: 8000 }),
    queueBytes: fc.integer({ min: 1500, max: 12_000 }),
  };

  it('lets go and drops what one does that looks at every µs', () => {
    fc.assert(
      fc.property(arrivals(), speeds, sizes.burstBytes, sizes.queueBytes, (plan, speed, burstBytes, queueBytes) => {
        const queue = new ServiceQueue(new TokenBucket(rateOf(speed), burstBytes), queueBytes);
        expect(play(queue, plan)).toEqual(bucketOracle(plan, speed, burstBytes, queueBytes));
      }),
      { numRuns: 60 },
    );
  });

  it('never lets go more than its burst and what the rate brings, in any interval', () => {
    fc.assert(
      fc.property(arrivals(), speeds, sizes.burstBytes, (plan, speed, burstBytes) => {
        const { left } = play(new ServiceQueue(new TokenBucket(rateOf(speed), burstBytes), 1e6), plan);
        for (let from = 0; from < left.length; from++) {
          let bytes = 0;
          for (let to = from; to < left.length; to++) {
            bytes += plan[left[to]![0]]!.bytes;
            // Departures are rounded up to a whole µs.
            expect(bytes).toBeLessThanOrEqual(burstBytes + (left[to]![1] - left[from]![1] + 1) * speed);
          }
        }
      }),
    );
  });

  it('fills while the link is idle, but never above its size', () => {
    const packets = (atUs: number, count: number) =>
      Array.from({ length: count }, () => ({ atUs, bytes: 1000, flow: 0 }));
    const { left } = play(new ServiceQueue(new TokenBucket(8e6, 3000), 1e6), [...packets(0, 5), ...packets(1e6, 4)]);
    expect(left.map(([, atUs]) => atUs)).toEqual([0, 0, 0, 1000, 2000, 1e6, 1e6, 1e6, 1_001_000]);
  });

  it('sends what waits at a new rate from the moment it changes', () => {
    const queue = new ServiceQueue(new TokenBucket(8e6, 1500), 1e6);
    play(queue, [{ atUs: 0, bytes: 1500, flow: 0 }]);
    const { left } = play(changedAt(queue, 1_000_500, 80e6), [
      { atUs: 1e6, bytes: 1500, flow: 0 },
      { atUs: 1e6, bytes: 1000, flow: 0 },
      { atUs: 1_000_600, bytes: 1000, flow: 0 },
    ]);
    // Of 1000 tokens, 500 came in the first 500 µs, the others in 50.
    expect(left).toEqual([
      [0, 1e6],
      [1, 1_000_550],
      [2, 1_000_650],
    ]);
  });
});

/** A discipline whose rate changes before the first packet after `atUs`. */
function changedAt(discipline: Discipline, atUs: number, rateBitsPerSecond: number): Discipline {
  const offer = discipline.offer.bind(discipline);
  let isChanged = false;
  discipline.offer = (packet, nowUs) => {
    if (!isChanged && nowUs > atUs) {
      isChanged = true;
      discipline.change({ rateBitsPerSecond, queueBytes: 1e6 }, atUs);
    }
    offer(packet, nowUs);
  };
  return discipline;
}

describe('a policer', () => {
  it('lets through at once what one does that looks at every µs, and drops the rest', () => {
    fc.assert(
      fc.property(arrivals(), speeds, fc.integer({ min: 1500, max: 8000 }), (plan, speed, burstBytes) => {
        let tokens = burstBytes;
        let atUs = 0;
        const left: [number, number][] = [];
        for (const [index, arrival] of plan.entries()) {
          for (; atUs < arrival.atUs; atUs++) tokens = Math.min(burstBytes, tokens + speed);
          if (arrival.bytes > tokens) continue;
          tokens -= arrival.bytes;
          left.push([index, atUs]);
        }
        const droppedCount = plan.length - left.length;
        expect(play(new Policer(rateOf(speed), burstBytes), plan)).toEqual({ left, droppedCount });
      }),
      { numRuns: 60 },
    );
  });
});

describe('a link that sends in bursts', () => {
  const periods = fc.constantFrom(1000, 4000, 10_000);

  it('lets go and drops what one does that looks at every µs', () => {
    fc.assert(
      fc.property(
        arrivals(),
        speeds,
        periods,
        fc.integer({ min: 1600, max: 12_000 }),
        (plan, speed, periodUs, queueBytes) => {
          const quantum = speed * periodUs;
          let credit = 0;
          let isWaiting = false;
          const oracle = new OracleQueue(plan, queueBytes, (bytes, nowUs, isNewStep) => {
            const isTurn = nowUs % periodUs === 0;
            if (isTurn && isNewStep) credit = (isWaiting ? credit : 0) + quantum;
            if (isTurn) isWaiting = bytes < Number.POSITIVE_INFINITY;
            if (!isTurn || credit < bytes) return false;
            credit -= bytes;
            return true;
          });
          const queue = new ServiceQueue(new Bursts(rateOf(speed), periodUs), queueBytes);
          expect(play(queue, plan)).toEqual(playStepped(oracle, plan));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sends what waits together, up to what its rate carries in a period', () => {
    const plan = Array.from({ length: 6 }, (_, index) => ({ atUs: 100 * index, bytes: 1000, flow: 0 }));
    const { left } = play(new ServiceQueue(new Bursts(2.8e6, 10_000), 1e6), plan);
    // 3500 bytes in each turn; the first packet came just in time for the first. What is left over is kept for who waits.
    expect(left.map(([, atUs]) => atUs)).toEqual([0, 10_000, 10_000, 10_000, 20_000, 20_000]);
  });
});

describe('a link with a trace', () => {
  const traces = fc
    .array(fc.nat(12), { minLength: 1, maxLength: 30 })
    .map((gaps) => gaps.map((_, index) => gaps.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0)))
    .filter((times) => times.at(-1)! > 0);

  it('sends byte by byte at the times of the trace, again and again', () => {
    const queueBytes = fc.integer({ min: 1600, max: 12_000 });
    fc.assert(
      fc.property(arrivals(), traces, fc.nat(50), queueBytes, (plan, times, offsetMs, queueBytes) => {
        const period = times.at(-1)!;
        let budget = 0;
        let sentOfFirst = 0;
        const oracle = new OracleQueue(plan, queueBytes, (bytes, nowUs, isNewStep) => {
          if (isNewStep) budget = nowUs % 1000 === 0 ? 1500 * opportunitiesAt(nowUs / 1000 + offsetMs) : 0;
          const part = Math.min(budget, bytes - sentOfFirst);
          if (bytes === Number.POSITIVE_INFINITY) return false;
          budget -= part;
          sentOfFirst += part;
          if (sentOfFirst < bytes) return false;
          sentOfFirst = 0;
          return true;
        });
        function opportunitiesAt(ms: number): number {
          let count = 0;
          for (let lapMs = 0; lapMs <= ms; lapMs += period) count += times.filter((each) => lapMs + each === ms).length;
          return count;
        }
        const trace = new CapacityTrace(Uint32Array.from(times));
        const queue = new ServiceQueue(new TracedService(trace, offsetMs * 1000), queueBytes);
        expect(play(queue, plan)).toEqual(playStepped(oracle, plan));
      }),
      { numRuns: 60 },
    );
  });

  it('knows its capacity in any interval', () => {
    const service = new TracedService(new CapacityTrace(Uint32Array.of(0, 2, 2, 10)), 1000);
    // From the first ms on: 2, 2, 10, 10 (0 of the next lap), 12, 12, 20, 20.
    expect(service.capacityBits(0, 1000)).toBe(0);
    expect(service.capacityBits(0, 1001)).toBe(2 * 12_000);
    expect(service.capacityBits(1001, 9001)).toBe(2 * 12_000);
    expect(service.capacityBits(0, 20_000)).toBe(8 * 12_000);
    expect(new CapacityTrace(Uint32Array.of(0, 2, 2, 10)).meanBitsPerSecond).toBe(4.8e6);
  });
});

describe('every link with one queue', () => {
  const services = fc.oneof(
    fc
      .tuple(speeds, fc.integer({ min: 1600, max: 9000 }))
      .map(([speed, burst]) => new TokenBucket(rateOf(speed), burst)),
    fc.tuple(speeds, fc.constantFrom(1000, 4000)).map(([speed, periodUs]) => new Bursts(rateOf(speed), periodUs)),
    fc.nat(20).map((ms) => new TracedService(new CapacityTrace(Uint32Array.of(0, 1, 1, ms + 3)), 0)),
  );

  it('sends what it keeps in order, once, and says how long a packet waits', () => {
    fc.assert(
      fc.property(arrivals(), services, (plan, service) => {
        const queue = new ServiceQueue(service, 20_000);
        const { left, droppedCount } = play(queue, plan);
        expect(left.length + droppedCount).toBe(plan.length);
        const indexes = left.map(([index]) => index);
        expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
        for (const [index, atUs] of left) expect(atUs).toBeGreaterThanOrEqual(plan[index]!.atUs);
        expect([queue.backlogBytes, queue.nextUs, queue.waitUs(1e9)]).toEqual([0, Number.POSITIVE_INFINITY, 0]);
      }),
    );
  });

  it('says that a packet waits until all before it have left', () => {
    const queue = new ServiceQueue(new TokenBucket(8e6, 2000), 1e6);
    play(queue, [{ atUs: 0, bytes: 2000, flow: 0 }]);
    const packets = Array.from({ length: 4 }, () => ({ atUs: 500, bytes: 1000, flow: 0 }));
    const offered = new ServiceQueue(new TokenBucket(8e6, 2000), 1e6);
    for (const packet of packets) offered.offer({ wireBytes: packet.bytes } as never, 0);
    // Two of the four could leave at once.
    expect(offered.waitUs(0)).toBe(2000);
  });
});
