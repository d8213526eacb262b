import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PACKET_OVERHEAD_BYTES } from '../../../dist/base/limits.js';
import { PathState } from '../../../dist/rate/deciding/path-state.js';
import { LadderLevels } from '../../../dist/rate/ladder/ladder-levels.js';
import { StepPlan } from '../../../dist/rate/ladder/step-plan.js';
import { LinkRhythm } from '../../../dist/rate/measuring/link-rhythm.js';
import { type StreamReading, sumsOf } from '../../../dist/rate/measuring/readings.js';
import { reading } from '../readings.js';

const TICK_US = 50_000;
const AT_LEISURE = { unreadCount: 0, droppedCount: 0, latenessUs: 0 };

interface Datagram {
  readonly arrivalUs: number;
  /** Above the least that the link can give. */
  readonly delayUs: number;
}

/** Whether two datagrams came nearly together although they were sent apart. */
function isBunched(before: Datagram, after: Datagram): boolean {
  const apartUs = after.arrivalUs - after.delayUs - (before.arrivalUs - before.delayUs);
  return apartUs > 0 && before.delayUs - after.delayUs > apartUs / 2;
}

/** What is known after datagrams have arrived, read every 50 ms. */
function rhythmOf(datagrams: readonly Datagram[]): LinkRhythm {
  const rhythm = new LinkRhythm();
  let floorUs = Number.POSITIVE_INFINITY;
  let next = 0;
  const ordered = datagrams.toSorted((a, b) => a.arrivalUs - b.arrivalUs);
  for (let nowUs = TICK_US; next < ordered.length; nowUs += TICK_US) {
    const delays: number[] = [];
    let bunchedCount = 0;
    for (; next < ordered.length && ordered[next]!.arrivalUs < nowUs; next++) {
      delays.push(ordered[next]!.delayUs);
      if (next > 0 && isBunched(ordered[next - 1]!, ordered[next]!)) bunchedCount++;
    }
    floorUs = Math.min(floorUs, ...delays);
    const mean = delays.reduce((sum, delayUs) => sum + delayUs, 0) / Math.max(1, delays.length);
    if (delays.length === 0) rhythm.add(0, 0, -1, -1);
    else rhythm.add(delays.length, bunchedCount, Math.min(...delays) - floorUs, mean - floorUs);
  }
  return rhythm;
}

/** Datagrams of a channel, `gapUs` apart, over a link that delivers what waits once in a period. */
function beacons(periodUs: number, gapUs: number, seconds: number, phaseUs = 0): readonly Datagram[] {
  return Array.from({ length: Math.floor((seconds * 1e6) / gapUs) }, (_, i) => {
    const sentUs = phaseUs + i * gapUs;
    const arrivalUs = Math.ceil(sentUs / periodUs) * periodUs;
    return { arrivalUs, delayUs: arrivalUs - sentUs };
  });
}

describe('the rhythm of a link', () => {
  it('is nothing on a link that serves at once, and known after nine readings', () => {
    const rhythm = new LinkRhythm();
    for (let i = 0; i < 8; i++) rhythm.add(2, 2, 0, 100);
    expect([rhythm.isKnown, rhythm.periodUs]).toEqual([false, 0]);
    rhythm.add(2, 2, 0, 100);
    expect([rhythm.isKnown, rhythm.periodUs]).toEqual([true, 200]);
    const still = new LinkRhythm();
    for (let i = 0; i < 40; i++) still.add(2, 2, 0, 0);
    expect([still.isKnown, still.periodUs]).toEqual([true, 0]);
  });

  it('is nothing where a queue stands, however long: only differences of delay count', () => {
    const rhythm = new LinkRhythm();
    for (let i = 0; i < 40; i++) rhythm.add(2, 2, 80_000, 80_000);
    expect([rhythm.isKnown, rhythm.periodUs]).toEqual([true, 0]);
  });

  it.each([20_000, 102_400, 307_200])('is the period of beacons within a third (%d µs)', (periodUs) => {
    const { isKnown, periodUs: found } = rhythmOf(beacons(periodUs, 5000, 1.2));
    expect(isKnown).toBe(true);
    expect(Math.abs(found - periodUs)).toBeLessThan(periodUs / 3);
  });

  it('is the period within a third after two seconds, whenever the channel and the beacons began', () => {
    const link = fc.record({
      periodUs: fc.integer({ min: 4000, max: 307_200 }),
      // Datagrams that come more rarely than beacons may meet each at the same time.
      gapShare: fc.double({ min: 0.02, max: 0.3, noNaN: true }),
      phase: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(link, ({ periodUs, gapShare, phase }) => {
        const gapUs = Math.min(40_000, gapShare * periodUs);
        const { isKnown, periodUs: found } = rhythmOf(beacons(periodUs, gapUs, 2, phase * periodUs));
        expect(isKnown).toBe(true);
        expect(Math.abs(found - periodUs)).toBeLessThan(periodUs / 3);
      }),
      { numRuns: 200 },
    );
  });

  it('is not known while next to nothing comes', () => {
    const rhythm = new LinkRhythm();
    for (let i = 0; i < 40; i++) {
      if (i % 10 === 0) rhythm.add(1, 1, 0, 0);
      else rhythm.add(0, 0, -1, -1);
    }
    expect([rhythm.isKnown, rhythm.periodUs]).toEqual([false, 0]);
  });

  it('is the median, so a queue of other traffic for a part of the time changes nothing', () => {
    const rhythm = new LinkRhythm();
    for (let i = 0; i < 20; i++) rhythm.add(2, 2, 0, 0);
    // Within a window of seven readings the queue comes; it stays until the windows hold nothing else.
    for (let i = 0; i < 3; i++) rhythm.add(2, 2, 60_000, 60_000);
    expect(rhythm.periodUs).toBe(0);
  });

  it('is found where the channel is too slow to show it, if whole trains arrive together', () => {
    const rhythm = new LinkRhythm();
    // One datagram in a reading, none of which meets the one before; they wait for up to 10 ms.
    for (let i = 0; i < 20; i++) rhythm.add(1, 0, (i % 7) * 1500, (i % 7) * 1500);
    expect(rhythm.periodUs).toBe(0);
    rhythm.noteTrains(true);
    expect(rhythm.periodUs).toBeCloseTo(9000, 6);
    // A train that takes its time shows a queue instead.
    rhythm.noteTrains(false);
    expect(rhythm.periodUs).toBe(0);
  });

  it('is at most twice the longest wait, whatever is read', () => {
    const one = fc.tuple(fc.nat(100), fc.nat(1e6), fc.nat(1e6));
    fc.assert(
      fc.property(fc.array(one, { maxLength: 60 }), (readings) => {
        const rhythm = new LinkRhythm();
        for (const [count, leastUs, excessUs] of readings) {
          if (count === 0) rhythm.add(0, 0, -1, -1);
          else rhythm.add(count, count, leastUs, leastUs + excessUs);
          expect(rhythm.periodUs).toBeGreaterThanOrEqual(-1e-6);
          expect(rhythm.periodUs).toBeLessThanOrEqual(2 * 2e6);
        }
      }),
    );
  });
});

describe('the rhythm of a path', () => {
  /** A path of two layers of 1 Mbit/s. */
  function pathOf(): PathState {
    const rates = [1e6, 1e6];
    const ladder = { rates, mode: 'several', symbolBytes: 1250 - PACKET_OVERHEAD_BYTES } as const;
    const options = { packetBits: 10_000, isLayered: true, maxRateBitsPerSecond: undefined };
    const path = new PathState(new LadderLevels(new StepPlan(ladder), rates, options));
    path.change(1, 0);
    return path;
  }

  /** On a link that delivers once in a reading, which makes datagrams wait for half of that in the mean. */
  const WAITING = reading({ receivedCount: 6, bunchedCount: 5, meanExcessUs: 25_000 });

  it('makes the standing queue the least of two periods, and waiting for a turn no queue', () => {
    const path = pathOf();
    expect(path.history.standingUs).toBe(200_000);
    for (let i = 1; i <= 20; i++)
      path.add(
        i * TICK_US,
        [reading({ ...WAITING, bunchedCount: 5, meanCalmExcessUs: 75_000 })],
        AT_LEISURE,
        sumsOf([reading({ ...WAITING, bunchedCount: 5, meanCalmExcessUs: 75_000 })]),
      );
    expect([path.rhythm.periodUs, path.history.standingUs, path.emptyUs]).toEqual([150_000, 300_000, 225_000]);
  });

  it('is not disturbed by trains, whose datagrams wait for one another', () => {
    const path = pathOf();
    for (let i = 1; i <= 30; i++) {
      const train = reading({ receivedCount: 18, meanExcessUs: 40_000, calmCount: 2, meanCalmExcessUs: 0 });
      path.add(i * TICK_US, [i % 10 === 0 ? train : reading()], AT_LEISURE, sumsOf([i % 10 === 0 ? train : reading()]));
    }
    expect([path.rhythm.isKnown, path.rhythm.periodUs]).toEqual([true, 0]);
  });

  it('is found on a slow channel if a train passes at more than the highest level', () => {
    const spread = (i: number) => reading({ receivedCount: 1, calmCount: 1, minDelayUs: 5000 + (i % 7) * 1500 });
    const periodAfter = (trainBitsPerSecond: number) => {
      const path = pathOf();
      for (let i = 1; i <= 20; i++)
        path.add(
          i * TICK_US,
          [{ ...spread(i), trainBitsPerSecond }],
          AT_LEISURE,
          sumsOf([{ ...spread(i), trainBitsPerSecond }]),
        );
      return path.rhythm.periodUs;
    };
    expect([periodAfter(0), periodAfter(1.9e6), periodAfter(2e6)]).toEqual([0, 0, expect.closeTo(9000, 6)]);
  });

  it('is not learnt from delays that this host causes', () => {
    const path = pathOf();
    for (let i = 1; i <= 30; i++)
      path.add(i * TICK_US, [WAITING], { ...AT_LEISURE, latenessUs: 30_000 }, sumsOf([WAITING]));
    expect([path.rhythm.isKnown, path.rhythm.periodUs]).toEqual([false, 0]);
  });

  it('is learnt on the lowest level before the first climb only: higher levels make queues of their own', () => {
    const path = pathOf();
    let nowUs = 0;
    const pass = (count: number, one: StreamReading) => {
      for (let i = 0; i < count; i++) {
        nowUs += TICK_US;
        path.add(nowUs, [one], AT_LEISURE, sumsOf([one]));
      }
    };
    pass(15, reading());
    path.change(2, nowUs);
    pass(30, WAITING);
    path.change(1, nowUs);
    pass(30, WAITING);
    expect([path.rhythm.isKnown, path.rhythm.periodUs]).toEqual([true, 0]);
  });
});
