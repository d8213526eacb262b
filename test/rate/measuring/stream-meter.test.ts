import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutageWatch } from '../../../dist/rate/measuring/outage-watch.js';
import { StreamMeter } from '../../../dist/rate/measuring/stream-meter.js';
import { NaiveMeter, type Observation } from './naive-meter.js';
import { shortWay, wrapped } from './naive-window.js';

/** Datagrams with these sequence numbers, a millisecond apart, of 1000 bytes; letters mark trains and previews. */
function observeAll(meter: StreamMeter, datagrams: readonly (number | `${number}${'t' | 'p'}`)[], fromUs = 1e6): void {
  for (const [i, datagram] of datagrams.entries()) {
    const sequence = Number.parseInt(String(datagram), 10);
    const marks = { sequence, sendTimeUs: i * 1000, slot: 1, stepLevel: 0 };
    const mark = String(datagram).at(-1);
    meter.observe(marks, mark === 't', mark === 'p', 1000, fromUs + i * 1000);
  }
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

describe('a stream meter', () => {
  it('reports no loss for what was missed in an outage, whenever a datagram shows it, and counts it', () => {
    const outages = new OutageWatch();
    const meter = new StreamMeter(0, 0, outages);
    observeAll(meter, range(0, 10), 1e6);
    const lostIn = (sequences: readonly (number | `${number}t`)[], fromUs: number) => {
      observeAll(meter, sequences, fromUs);
      return [1, 2].map(() => {
        const { lostCount, burstLostCount } = meter.read();
        return [lostCount, burstLostCount];
      });
    };
    outages.endedUs = 3.99e6;
    // Arrived before the outage, and is proven after it.
    expect(lostIn([12], 2e6)).toEqual([
      [0, 0],
      [2, 0],
    ]);
    // A socket held the first one. What is proven late has its own time of arrival.
    expect(lostIn([13, '2000t', ...range(2001, 5)], 4e6)).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(lostIn([...range(2006, 5), 2013], 4.2e6)).toEqual([
      [0, 0],
      [2, 0],
    ]);
    expect(meter.window.lostCount).toBe(2 + 1986 + 2);
  });

  it('reads what keeping everything would, whatever is lost, repeated, late or begun anew, at every wrap', () => {
    const datagram = fc.record({
      kind: fc.constant('datagram' as const),
      by: fc.oneof(
        { arbitrary: fc.constant(1), weight: 8 },
        { arbitrary: fc.integer({ min: -4, max: 6 }), weight: 4 },
        { arbitrary: fc.constantFrom(15, 16, 17, 18, -1100, 1100), weight: 1 },
      ),
      afterUs: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.double({ min: 0, max: 1e5, noNaN: true })),
      sendAfterUs: fc.integer({ min: -2000, max: 6000 }),
      isTrain: fc.boolean(),
      isPreview: fc.boolean(),
      slotAfter: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, { arbitrary: fc.nat(3), weight: 1 }),
      stepLevel: fc.nat(32),
      wireBytes: fc.integer({ min: 64, max: 9000 }),
    });
    const resume = fc.record({ kind: fc.constant('resume' as const), afterUs: fc.constantFrom(0, 2e5, 5e6) });
    const steps = fc.array(
      fc.oneof(
        { arbitrary: datagram, weight: 20 },
        { arbitrary: fc.constant({ kind: 'read' as const }), weight: 3 },
        { arbitrary: resume, weight: 1 },
        { arbitrary: fc.constant({ kind: 'restart' as const }), weight: 1 },
      ),
      { maxLength: 200 },
    );
    const start = fc.record({ sequence: fc.nat(2 ** 32 - 1), sendTimeUs: fc.nat(2 ** 32 - 1) });
    fc.assert(
      fc.property(start, steps, ({ sequence: firstSequence, sendTimeUs: firstUs }, all) => {
        const meter = new StreamMeter(3, 5);
        const naive = new NaiveMeter();
        let [sequence, sendTimeUs, slot, nowUs] = [firstSequence, firstUs, 65_530, 1e6];
        for (const step of [...all, { kind: 'read' as const }]) {
          if (step.kind === 'resume') {
            nowUs += step.afterUs;
            meter.resume(nowUs);
            naive.resume(nowUs);
          } else if (step.kind === 'restart') {
            // Within one preview the clock is the same, whoever starts anew.
            sequence = wrapped(sequence + 2 ** 31 - 77);
            sendTimeUs = wrapped(sendTimeUs + 1_000_000_007);
            slot = (slot + 1) % 65_536;
          } else if (step.kind === 'read') {
            const told = meter.read();
            const expected = naive.read();
            expect([told.serverIndex, told.channelIndex]).toEqual([3, 5]);
            if (told.receivedCount > 0) expect(shortWay(told.minDelayUs)).toBe(expected.minDelayUs);
            for (const name of ['receivedCount', 'lostCount', 'wireBytes', 'epoch', 'sinceUs', 'calmCount'] as const) {
              expect(told[name], name).toBe(expected[name]);
            }
            expect([told.slot, told.stepLevel]).toEqual([expected.slot, expected.stepLevel]);
            expectNear(told.meanExcessUs, expected.meanExcessUs, 2 ** 32);
            expectNear(told.meanCalmExcessUs, expected.meanCalmExcessUs, 2 ** 32);
            expectNear(told.trainBitsPerSecond, expected.trainBitsPerSecond, 1);
            expect([told.preview.slot, told.preview.count]).toEqual([expected.preview.slot, expected.preview.count]);
            const { spread, covariance, scatter } = expected.preview;
            expectNear(told.preview.spread, spread, spread);
            expectNear(told.preview.scatter, scatter, scatter);
            expectNear(told.preview.covariance, covariance, Math.sqrt(spread * scatter));
          } else {
            nowUs += step.afterUs;
            sequence = wrapped(sequence + step.by);
            sendTimeUs = wrapped(sendTimeUs + step.sendAfterUs);
            slot = (slot + step.slotAfter) % 65_536;
            const { isTrain, isPreview, wireBytes, stepLevel } = step;
            const observation: Observation = {
              marks: { sequence, sendTimeUs, slot, stepLevel },
              isTrain,
              isPreview,
              wireBytes,
              nowUs,
            };
            meter.observe(observation.marks, isTrain, isPreview, wireBytes, nowUs);
            naive.observe(observation);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('hands out one reading, which the next overwrites', () => {
    const meter = new StreamMeter(0, 0);
    observeAll(meter, [1, 2]);
    const first = meter.read();
    expect(first.receivedCount).toBe(2);
    expect(meter.read()).toBe(first);
    expect(first.receivedCount).toBe(0);
  });
});

describe('delays of a stream', () => {
  it('are told apart for datagrams outside of trains and previews, above the least of all', () => {
    const meter = new StreamMeter(0, 0);
    const come = (sequence: number, mark: 'train' | 'preview' | 'none', delayUs: number) =>
      meter.observe(
        { sequence, sendTimeUs: sequence * 1000, slot: 1, stepLevel: 0 },
        mark === 'train',
        mark === 'preview',
        1000,
        1e6 + sequence * 1000 + delayUs,
      );
    come(1, 'none', 3000);
    for (let i = 2; i < 6; i++) come(i, 'train', i * 10_000);
    come(6, 'preview', 1000);
    come(7, 'none', 5000);
    expect(meter.read()).toMatchObject({ receivedCount: 7, calmCount: 2, meanCalmExcessUs: 3000 });
    come(8, 'train', 500);
    expect(meter.read()).toMatchObject({ receivedCount: 1, calmCount: 0, meanCalmExcessUs: 0 });
  });
});

describe('losses of a stream', () => {
  it('settle one reading later, and those that were only late never do', () => {
    const meter = new StreamMeter(0, 0);
    observeAll(meter, [1, 2, 5]);
    expect(meter.read().lostCount).toBe(0);
    observeAll(meter, [4, 6]);
    expect(meter.read().lostCount).toBe(1);
    expect(meter.read().lostCount).toBe(0);
  });

  it('that had settled and came after all are set against the next, so that sums stay right', () => {
    const meter = new StreamMeter(0, 0);
    observeAll(meter, [1, 3]);
    meter.read();
    expect(meter.read().lostCount).toBe(1);
    observeAll(meter, [2, 4, 6]);
    meter.read();
    expect(meter.read().lostCount).toBe(0);
    expect(meter.window.lostCount).toBe(1);
  });

  it('are not what was sent while the channel was not joined', () => {
    const meter = new StreamMeter(0, 0);
    observeAll(meter, [1, 3]);
    meter.resume(7e6);
    expect(meter.read().sinceUs).toBe(Number.POSITIVE_INFINITY);
    observeAll(meter, [900, 902], 8e6);
    expect(meter.read()).toMatchObject({ lostCount: 0, receivedCount: 2, sinceUs: 8e6 });
    expect(meter.read().lostCount).toBe(1);
  });

  it('are not what was sent between a leave and the join soon after it, while queues hold what was sent before', () => {
    const meter = new StreamMeter(0, 0);
    const QUEUE_US = 500_000;
    const come = (sequence: number, queueUs: number): number => {
      const sendTimeUs = sequence * 10_000;
      meter.observe({ sequence, sendTimeUs, slot: 1, stepLevel: 0 }, false, false, 1000, 1e6 + sendTimeUs + queueUs);
      return 1e6 + sendTimeUs + queueUs;
    };
    come(1, 0);
    let nowUs = 0;
    for (const sequence of range(2, 60)) nowUs = come(sequence, QUEUE_US);
    // Left and joined again at once; number 71 is the last sent before the leave worked, and 101 the first sent for the
    // join.
    meter.read();
    meter.resume(nowUs);
    expect(meter.read().sinceUs).toBe(Number.NEGATIVE_INFINITY);
    for (const sequence of [...range(62, 10), ...range(101, 50)]) come(sequence, QUEUE_US);
    meter.read();
    expect(meter.read().lostCount).toBe(0);
    // What is lost from then on counts.
    for (const sequence of [152, 154]) come(sequence, QUEUE_US);
    meter.read();
    expect(meter.read().lostCount).toBe(2);
  });

  it('of bursts are those in or just before trains and previews', () => {
    const meter = new StreamMeter(0, 0);
    observeAll(meter, [1, 2, 4, '5t', '7t', '8t', 9, 10, '13p', 14, 16]);
    meter.read();
    expect(meter.read()).toMatchObject({ lostCount: 5, burstLostCount: 3 });
  });

  it.each([
    ['the first datagram of all', (meter: StreamMeter) => observeAll(meter, ['5000p', 5001, 5003, 5004])],
    [
      'the first after an interruption',
      (meter: StreamMeter) => {
        observeAll(meter, [1, 2]);
        meter.resume(1e6);
        observeAll(meter, ['5000p', 5001, 5003, 5004]);
      },
    ],
    ['one after a stray', (meter: StreamMeter) => observeAll(meter, [1, 2, 4_000_000_000, '3p', 4, 6])],
    ['one after a late one', (meter: StreamMeter) => observeAll(meter, [1, 3, 5, 6, 2, '7p', 8])],
  ])('are not said to be of a burst because %s is marked', (_, observe) => {
    const meter = new StreamMeter(0, 0);
    observe(meter);
    meter.read();
    expect(meter.read()).toMatchObject({ lostCount: 1, burstLostCount: 0 });
  });
});

describe('trains in a stream', () => {
  const trains = (...datagrams: Parameters<typeof observeAll>[1]) => {
    const meter = new StreamMeter(0, 0);
    observeAll(meter, datagrams);
    return meter.read().trainBitsPerSecond;
  };

  it('tell the rate at which they arrived: all but the first datagram took the time', () => {
    // Three of 1000 bytes in 3 ms.
    expect(trains('1t', '2t', '3t', '4t', 5)).toBe(8e6);
  });

  it('are known when something else follows', () => {
    expect(trains('1t', '2t', '3t', '4t')).toBe(0);
  });

  it('say what came, where some of it was lost', () => {
    expect(trains('1t', '3t', '4t', '9t', 10)).toBe(8e6);
  });

  it('say nothing when fewer than four of their datagrams came', () => {
    expect(trains('1t', '2t', '3t', 4)).toBe(0);
  });

  it('end where a gap is longer than trains are, or the order is not theirs', () => {
    expect(trains('1t', '2t', '3t', '20t', '21t', '22t', 23)).toBe(0);
    expect(trains('5t', '6t', '7t', '3t', '4t', 8)).toBe(0);
    expect(trains('1t', '2t', '3t', '19t', 20)).toBe(8e6);
  });

  it('that others interrupt are two trains', () => {
    expect(trains('1t', '2t', 3, '4t', '5t', '6t', 7)).toBe(0);
  });

  it('do not outlive an interruption or another server’s beginning', () => {
    const meter = new StreamMeter(0, 0);
    observeAll(meter, ['1t', '2t', '3t']);
    meter.resume(1e6);
    observeAll(meter, ['4t', 5]);
    expect(meter.read().trainBitsPerSecond).toBe(0);
    observeAll(meter, ['6t', '7t', '8t', '3000000000t', '3000000001t', '3000000002t', 3_000_000_003]);
    expect(meter.read()).toMatchObject({ trainBitsPerSecond: 0, epoch: 1 });
  });

  it('that arrive all at once promise no more than a microsecond allows', () => {
    const meter = new StreamMeter(0, 0);
    for (const sequence of range(1, 5)) {
      meter.observe({ sequence, sendTimeUs: 0, slot: 0, stepLevel: 0 }, sequence < 5, false, 1000, 1e6);
    }
    expect(meter.read().trainBitsPerSecond).toBe(3 * 8e9);
  });

  describe('through a link that does not serve at an even rate', () => {
    const PACKET_BYTES = 1250;

    /** The rate of a train of 16 datagrams that arrive at these times after the first. */
    function rateOfTrain(timesUs: readonly number[]): number {
      const meter = new StreamMeter(0, 0);
      for (const [i, timeUs] of [...timesUs, timesUs.at(-1)! + 1e5].entries()) {
        const marks = { sequence: i, sendTimeUs: i * 100, slot: 1, stepLevel: 0 };
        meter.observe(marks, i < timesUs.length, false, PACKET_BYTES, 1e6 + timeUs);
      }
      return meter.read().trainBitsPerSecond;
    }

    /** When 16 datagrams, as far apart as 1 Gbit/s needs, leave a full token bucket. */
    function throughBucket(bitsPerSecond: number, bucketBytes: number): readonly number[] {
      let [tokens, freeUs] = [bucketBytes, 0];
      return Array.from({ length: 16 }, (_, i) => {
        const comesUs = Math.max(i * 10, freeUs);
        tokens = Math.min(bucketBytes, tokens + ((comesUs - freeUs) * bitsPerSecond) / 8e6);
        const waitsUs = (Math.max(0, PACKET_BYTES - tokens) * 8e6) / bitsPerSecond;
        tokens += (waitsUs * bitsPerSecond) / 8e6 - PACKET_BYTES;
        freeUs = comesUs + waitsUs;
        return freeUs;
      });
    }

    it.each([
      [0.5, 16_384],
      [2, 16_384],
      [10, 16_384],
      [30, 16_000],
    ])('tell the rate of a token bucket of 16 kB by their end (%d Mbit/s)', (megabits, most) => {
      for (const bucketBytes of [8000, 12_000, 15_000, most]) {
        const rate = rateOfTrain(throughBucket(megabits * 1e6, bucketBytes));
        expect(Math.abs(rate / (megabits * 1e6) - 1)).toBeLessThan(0.1);
      }
    });

    it('tell the rate of their burst where a token bucket takes all of them', () => {
      expect(rateOfTrain(throughBucket(2e6, 20_000))).toBeCloseTo((PACKET_BYTES * 8e6) / 10, 3);
    });

    it('tell the mean rate where the link serves in bursts, wherever they begin', () => {
      const burst = fc.record({
        periodUs: fc.integer({ min: 2000, max: 20_000 }),
        count: fc.integer({ min: 2, max: 6 }),
        phase: fc.nat(5),
        spacingUs: fc.integer({ min: 0, max: 100 }),
      });
      fc.assert(
        fc.property(burst, ({ periodUs, count, phase, spacingUs }) => {
          const times = Array.from({ length: 16 }, (_, i) => {
            const at = i + (phase % count);
            return Math.floor(at / count) * periodUs + (at % count) * spacingUs;
          });
          const spanUs = times.at(-1)! - times[0]!;
          const rate = rateOfTrain(times.map((timeUs) => timeUs - times[0]!));
          expectNear(rate, (15 * PACKET_BYTES * 8e6) / spanUs, 1);
        }),
      );
    });

    it('tell the mean rate where one datagram near the end was late', () => {
      const times = Array.from({ length: 16 }, (_, i) => i * 1000 + (i >= 14 ? 8000 : 0));
      expectNear(rateOfTrain(times), (15 * PACKET_BYTES * 8e6) / 23_000, 1);
    });
  });

  describe('of datagrams that the system has put together', () => {
    /** A datagram each 10 µs, in pieces of `count` that have the time of their first. */
    function observeGrouped(meter: StreamMeter, count: number, flag: 'none' | 'train' | 'preview'): void {
      for (let i = 0; i < 60; i++) {
        const marks = { sequence: i, sendTimeUs: i * 10, slot: 1, stepLevel: 0 };
        const nowUs = 1e6 + Math.floor(i / count) * count * 10;
        meter.observe(marks, flag === 'train', flag === 'preview', 1000, nowUs, i % count === 0);
      }
    }

    it('measures delay by the first of each piece, and counts all', () => {
      const meter = new StreamMeter(0, 0);
      observeGrouped(meter, 20, 'none');
      expect(meter.read()).toMatchObject({ receivedCount: 60, wireBytes: 60_000, minDelayUs: 1e6, meanExcessUs: 0 });
    });

    it('takes no capacity from a train whose datagrams have one time', () => {
      for (const count of [2, 5, 20]) {
        const meter = new StreamMeter(0, 0);
        observeGrouped(meter, count, 'train');
        meter.observe({ sequence: 60, sendTimeUs: 600, slot: 1, stepLevel: 0 }, false, false, 1000, 1e6 + 600);
        expect(meter.read().trainBitsPerSecond).toBe(0);
      }
    });

    it('takes a preview from the first of each piece', () => {
      const meter = new StreamMeter(0, 0);
      observeGrouped(meter, 20, 'preview');
      const { preview } = meter.read();
      expect([preview.count, preview.covariance, preview.scatter]).toEqual([3, 0, 0]);
    });
  });
});

function expectNear(value: number, expected: number, scale: number): void {
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, scale, Math.abs(expected)));
}
