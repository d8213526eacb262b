import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pacer } from '../../../dist/rate/ladder/pacer.js';

/** From 16 kbit/s (0.64 s) to 10 Gbit/s (1 µs) in packets of 1280 bytes; fractions, as rates make them. */
const anyInterval = fc.oneof(
  fc.constantFrom(1, 10_000, 640_000, 1000 / 3),
  fc.double({ min: 1, max: 700_000, noNaN: true }),
);
const anyStart = fc.integer({ min: 0, max: 2 ** 36 });

/** Asks at `nowUs` and sends all that is due, or as much as the caller has. */
function poll(pacer: Pacer, nowUs: number, atMost = Number.POSITIVE_INFINITY): number {
  const count = Math.min(pacer.due(nowUs), atMost);
  if (count > 0) pacer.sent(count, nowUs);
  return count;
}

/** Asks whenever the pacer wants to be asked, until `untilUs`, as a timer that wakes in time would. */
function run(pacer: Pacer, untilUs: number, onSent: (nowUs: number, count: number) => void): void {
  while (pacer.nextDueUs <= untilUs) {
    const nowUs = pacer.nextDueUs;
    const count = poll(pacer, nowUs);
    expect(count, 'what was said to be due').toBeGreaterThan(0);
    onSent(nowUs, count);
  }
}

describe('a pacer that is begun anew', () => {
  it('makes nothing up for the time before', () => {
    fc.assert(
      fc.property(anyInterval, anyStart, fc.nat(10_000_000), (intervalUs, startUs, laterUs) => {
        const pacer = new Pacer(intervalUs, startUs);
        pacer.begin(startUs + laterUs);
        let count = 0;
        run(pacer, startUs + laterUs + 20 * intervalUs, (_, sent) => {
          count += sent;
        });
        expect(count).toBeGreaterThanOrEqual(20);
        expect(count).toBeLessThanOrEqual(21);
      }),
    );
  });
});

describe('a pacer that is asked in time', () => {
  it('lets one datagram go at its start and one at each interval from there', () => {
    fc.assert(
      fc.property(anyInterval, anyStart, (intervalUs, startUs) => {
        const pacer = new Pacer(intervalUs, startUs);
        expect(pacer.due(startUs - 1)).toBe(0);
        let index = 0;
        run(pacer, startUs + 50 * intervalUs, (nowUs, count) => {
          expect(count).toBe(1);
          // Sums of fractions, each rounded to the last bit.
          expect(Math.abs(nowUs - (startUs + index * intervalUs))).toBeLessThan(0.01);
          index += count;
        });
        expect(index).toBeGreaterThanOrEqual(50);
      }),
    );
  });

  it('says how many are due as often as it is asked', () => {
    const pacer = new Pacer(100, 0, { burstCount: 10, timerLatenessUs: 0 });
    expect([pacer.due(1000), pacer.due(1000), pacer.due(1000)]).toEqual([10, 10, 10]);
  });

  it('lets the datagrams of a burst wait for the last of them, and then leave together', () => {
    const anyBurst = fc.integer({ min: 1, max: 64 });
    fc.assert(
      fc.property(anyInterval, anyStart, anyBurst, (intervalUs, startUs, burstCount) => {
        const pacer = new Pacer(intervalUs, startUs, { burstCount, timerLatenessUs: 0 });
        let index = 0;
        run(pacer, startUs + 500 * intervalUs, (nowUs, count) => {
          expect(count).toBe(burstCount);
          index += count;
          expect(Math.abs(nowUs - (startUs + (index - 1) * intervalUs))).toBeLessThan(0.01);
        });
        expect(index).toBeGreaterThan(500 - burstCount);
      }),
    );
  });
});

describe('a pacer that is asked at any other times', () => {
  const anyLimits = fc.record({
    burstCount: fc.integer({ min: 1, max: 64 }),
    timerLatenessUs: fc.constantFrom(0, 100, 2000),
  });
  /** How late timers are, in intervals. */
  const anyLateness = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 90, noNaN: true })), {
    minLength: 1,
    maxLength: 200,
  });

  it('never lets more go than the rate allows since the start', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 6000, noNaN: true }),
        anyStart,
        anyLimits,
        anyLateness,
        (intervalUs, startUs, limits, latenesses) => {
          const pacer = new Pacer(intervalUs, startUs, limits);
          let [nowUs, sent] = [startUs, 0];
          for (const lateness of latenesses) {
            nowUs = Math.max(nowUs, pacer.nextDueUs) + lateness * intervalUs;
            sent += poll(pacer, nowUs);
            expect(sent).toBeLessThanOrEqual((nowUs - startUs) / intervalUs + 1 + 1e-3);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is behind by no more than a burst and the timer’s lateness, if timers are late by half a burst at most', () => {
    const anyShare = fc.array(fc.double({ min: 0, max: 0.5, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 6000, noNaN: true }),
        fc.integer({ min: 1, max: 64 }),
        anyShare,
        (intervalUs, burstCount, shares) => {
          const pacer = new Pacer(intervalUs, 0, { burstCount, timerLatenessUs: 0 });
          let sent = 0;
          for (const share of shares) {
            const nowUs = pacer.nextDueUs + share * burstCount * intervalUs;
            sent += poll(pacer, nowUs);
            expect(sent).toBeGreaterThan(nowUs / intervalUs + 1 - 1.5 * burstCount - 1e-3);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    [1000 / 3, 1, 2000],
    [1000 / 3, 1, 0],
    [10, 50, 2000],
    [10, 50, 0],
  ])(
    'keeps its rate over a minute of late timers: one in %f µs, bursts of %i',
    (intervalUs, burstCount, timerLatenessUs) => {
      const pacer = new Pacer(intervalUs, 0, { burstCount, timerLatenessUs });
      // What timers of a system add, or a precise clock.
      const latestUs = timerLatenessUs === 0 ? (burstCount * intervalUs) / 2 : timerLatenessUs;
      let [sent, lateness] = [0, 1];
      for (let nowUs = 0; nowUs <= 60_000_000; nowUs = pacer.nextDueUs + (lateness % latestUs)) {
        sent += poll(pacer, nowUs);
        lateness = (lateness * 16_807) % 5003;
      }
      const expected = 60_000_000 / intervalUs;
      expect(Math.abs(sent - expected)).toBeLessThan((2 * latestUs) / intervalUs + burstCount + 2);
    },
  );
});

describe('a pacer that is behind', () => {
  it('lets at most twice the rate go in any time, with one burst and what the lateness of timers allows', () => {
    const anyPolls = fc.array(
      fc.tuple(fc.double({ min: 0, max: 500, noNaN: true }), fc.integer({ min: 0, max: 64 }), fc.nat(20)),
      { minLength: 1, maxLength: 100 },
    );
    const anyLimits = fc.record({
      burstCount: fc.integer({ min: 1, max: 64 }),
      timerLatenessUs: fc.constantFrom(0, 100, 2000),
    });
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e5, noNaN: true }), anyLimits, anyPolls, (intervalUs, limits, polls) => {
        const pacer = new Pacer(intervalUs, 0, limits);
        const most = Math.max(limits.burstCount, (2 * limits.timerLatenessUs) / intervalUs);
        const sendings: { readonly atUs: number; readonly count: number; readonly total: number }[] = [];
        let [nowUs, total] = [0, 0];
        for (const [gap, atMost, times] of polls) {
          nowUs += gap * intervalUs;
          for (let i = 0; i < times; i++) {
            const count = poll(pacer, nowUs, atMost);
            expect(count).toBeLessThanOrEqual(most);
            total += count;
            if (count > 0) sendings.push({ atUs: nowUs, count, total });
          }
        }
        for (const { atUs, count, total: before } of sendings) {
          const allowed = (2 * (nowUs - atUs + limits.timerLatenessUs)) / intervalUs + limits.burstCount;
          expect(total - before + count).toBeLessThanOrEqual(allowed + 1e-3);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([1, 8])('catches up at twice the rate in bursts of %i even when it is asked all the time', (burstCount) => {
    const pacer = new Pacer(1000, 0, { burstCount, timerLatenessUs: 0 });
    // The disk was late: a hundred datagrams are owed, and from now on the host asks every 10 µs.
    const departures: { readonly atUs: number; readonly count: number }[] = [];
    for (let nowUs = 99_000; nowUs < 199_000; nowUs += 10) {
      const count = poll(pacer, nowUs);
      if (count > 0) departures.push({ atUs: nowUs, count });
    }
    expect(departures.every(({ count }) => count === burstCount)).toBe(true);
    const gaps = departures.slice(1).map(({ atUs }, i) => atUs - departures[i]!.atUs);
    expect(Math.min(...gaps)).toBe(500 * burstCount);
    expect(departures.length * burstCount).toBeGreaterThan(199 - burstCount);
  });

  it('keeps a high rate with timers of a millisecond and sockets that take 64 at once', () => {
    const pacer = new Pacer(5, 0, { burstCount: 64, timerLatenessUs: 2000 });
    let [nowUs, sent] = [0, 0];
    while (nowUs < 1_000_000) {
      const count = poll(pacer, nowUs, 64);
      sent += count;
      // A microsecond a datagram, and then again at once, or after a timer.
      nowUs += count;
      if (pacer.nextDueUs > nowUs) nowUs = Math.ceil(nowUs / 1000 + 0.1) * 1000;
    }
    expect(sent).toBeGreaterThan(200_000 - 400);
    expect(sent).toBeLessThanOrEqual(200_000 + 400);
  });

  it('has caught up after as long as it was held back, and then keeps the rate', () => {
    const pacer = new Pacer(1000, 0);
    poll(pacer, 0);
    expect(poll(pacer, 100_000, 1)).toBe(1);
    let sent = 2;
    run(pacer, 400_000, (_nowUs, count) => {
      sent += count;
    });
    expect(sent).toBe(401);
    expect(pacer.nextDueUs).toBe(401_000);
  });
});

describe('a pacer whose host slept', () => {
  it.each([1, 100, 1000, 1000 / 3, 12_345.6])(
    'forgives all but the last quarter of a second, and counts what it skips, at %f µs',
    (intervalUs) => {
      const pacer = new Pacer(intervalUs, 0);
      poll(pacer, 0);
      const sleptUs = 60_000_000;
      let sent = 0;
      for (let nowUs = sleptUs; nowUs < sleptUs + 500_000; nowUs = Math.max(nowUs, pacer.nextDueUs)) {
        sent += poll(pacer, nowUs);
      }
      // What was owed, and what falls due while the channel catches up.
      expect(sent).toBeGreaterThan(750_000 / intervalUs - 2);
      expect(sent).toBeLessThanOrEqual(750_000 / intervalUs + 2);
      expect(Math.abs(pacer.skippedCount - (sleptUs - 250_000) / intervalUs)).toBeLessThan(2);
    },
  );

  it('keeps to its grid of intervals after that', () => {
    const pacer = new Pacer(1000, 0);
    poll(pacer, 0);
    poll(pacer, 60_000_700);
    while (pacer.nextDueUs < 61_000_000) poll(pacer, pacer.nextDueUs);
    expect(pacer.nextDueUs % 1000).toBe(0);
  });

  it.each([300_000, 640_000, 86_400e6])(
    'lets the datagram go that is due on a slow channel, of one in %i µs',
    (intervalUs) => {
      const pacer = new Pacer(intervalUs, 0);
      poll(pacer, 0);
      expect(pacer.due(intervalUs - 1)).toBe(0);
      expect(poll(pacer, intervalUs + 260_000)).toBe(1);
      poll(pacer, pacer.nextDueUs);
      expect(pacer.nextDueUs).toBe(3 * intervalUs);
    },
  );
});

describe('a pacer whose time jumps for a train', () => {
  it('lets all others go as if there had been neither', () => {
    const anyPolls = fc.array(fc.tuple(fc.nat(20_000), fc.nat(16)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6000 }), anyPolls, (intervalUs, polls) => {
        const plain = new Pacer(intervalUs, 0);
        const withTrains = new Pacer(intervalUs, 0);
        let [nowUs, jumpedUs] = [0, 0];
        for (const [gapUs, length] of polls) {
          nowUs += gapUs;
          jumpedUs += length * intervalUs;
          withTrains.sentTrain(length);
          expect(withTrains.nextDueUs - jumpedUs).toBe(plain.nextDueUs);
          expect(poll(withTrains, nowUs + jumpedUs)).toBe(poll(plain, nowUs));
        }
      }),
    );
  });
});
