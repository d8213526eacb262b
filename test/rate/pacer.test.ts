import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pacer } from '../../dist/rate/pacer.js';

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
    const pacer = new Pacer(100, 0);
    pacer.sent(pacer.due(0), 0);
    expect([pacer.due(1000), pacer.due(1000), pacer.due(1000)]).toEqual([10, 10, 10]);
  });
});

describe('a pacer that is asked at any other times', () => {
  /** Gaps between polls, in intervals: timers that are early, late and very late. */
  const anyGaps = fc.array(
    fc.oneof(fc.double({ min: 0, max: 0.6, noNaN: true }), fc.double({ min: 0, max: 40, noNaN: true })),
    { minLength: 1, maxLength: 200 },
  );

  it('never lets more go than the rate allows since the start, and owes one at most', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 6000, noNaN: true }), anyStart, anyGaps, (intervalUs, startUs, gaps) => {
        const pacer = new Pacer(intervalUs, startUs);
        let [nowUs, sent] = [startUs, 0];
        for (const gap of gaps) {
          nowUs += gap * intervalUs;
          sent += poll(pacer, nowUs);
          const allowed = (nowUs - startUs) / intervalUs + 1;
          expect(sent).toBeLessThanOrEqual(allowed + 1e-3);
          expect(sent).toBeGreaterThan(allowed - 2 - 1e-3);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps its rate exactly over a minute of timers that are up to 5 ms late', () => {
    const pacer = new Pacer(1000 / 3, 0);
    let [sent, lateness] = [0, 1];
    for (let nowUs = 0; nowUs <= 60_000_000; nowUs = pacer.nextDueUs + lateness) {
      sent += poll(pacer, nowUs);
      lateness = (lateness * 16_807) % 5003;
    }
    const expected = 60_000_000 / (1000 / 3);
    expect(Math.abs(sent - expected)).toBeLessThan(16);
  });
});

describe('a pacer that is behind', () => {
  it('lets at most twice the rate go in any time, and what two milliseconds allow', () => {
    const anyPolls = fc.array(
      fc.tuple(fc.double({ min: 0, max: 500, noNaN: true }), fc.integer({ min: 0, max: 64 }), fc.nat(20)),
      { minLength: 1, maxLength: 100 },
    );
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e5, noNaN: true }), anyPolls, (intervalUs, polls) => {
        const pacer = new Pacer(intervalUs, 0);
        poll(pacer, 0);
        const sendings: { readonly atUs: number; readonly total: number }[] = [{ atUs: 0, total: 1 }];
        let nowUs = 0;
        for (const [gap, atMost, times] of polls) {
          nowUs += gap * intervalUs;
          for (let i = 0; i < times; i++) {
            const count = poll(pacer, nowUs, atMost);
            if (count > 0) sendings.push({ atUs: nowUs, total: sendings.at(-1)!.total + count });
          }
        }
        const last = sendings.at(-1)!;
        for (const { atUs, total } of sendings) {
          const allowed = (2 * (last.atUs - atUs + 2000)) / intervalUs + 1;
          expect(last.total - total).toBeLessThanOrEqual(allowed + 1e-6);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('catches up at twice the rate even when it is asked all the time', () => {
    const pacer = new Pacer(1000, 0);
    poll(pacer, 0);
    // The disk was late: a hundred datagrams are owed, and from now on the host asks every 10 µs.
    const sentAt: number[] = [];
    for (let nowUs = 100_000; nowUs < 200_000; nowUs += 10) {
      if (poll(pacer, nowUs, 1) === 1) sentAt.push(nowUs);
    }
    const gaps = sentAt.slice(1).map((at, i) => at - sentAt[i]!);
    // The first of them and what 2 ms allow leave at once.
    expect(gaps.slice(0, 4).every((gap) => gap === 10)).toBe(true);
    expect(Math.min(...gaps.slice(5))).toBe(500);
    expect(sentAt).toHaveLength(199);
  });

  it('keeps a high rate with timers of a millisecond and sockets that take 64 at once', () => {
    const pacer = new Pacer(5, 0);
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
    'forgives all but the last quarter of a second, at %f µs',
    (intervalUs) => {
      const pacer = new Pacer(intervalUs, 0);
      poll(pacer, 0);
      const sleptUs = 60_000_000;
      const due = pacer.due(sleptUs);
      expect(due).toBeGreaterThan(250_000 / intervalUs - 1);
      expect(due).toBeLessThanOrEqual(250_000 / intervalUs + 2);
    },
  );

  it('keeps to its grid of intervals after that', () => {
    const pacer = new Pacer(1000, 0);
    poll(pacer, 0);
    poll(pacer, 60_000_700);
    poll(pacer, 60_001_300);
    expect(pacer.nextDueUs).toBe(60_002_000);
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
