import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JoinTimes } from '../../../dist/rate/measuring/join-times.js';

describe('join times', () => {
  it('stand for a round trip of two seconds before the first', () => {
    expect(new JoinTimes().roundTripUs).toBe(2_000_000);
  });

  it('count from the join to the first datagram, less half of what is waiting for its turn and the queue on the way', () => {
    const times = new JoinTimes();
    times.add(190_000, { intervalUs: 20_000, queueUs: 100_000 });
    expect(times.roundTripUs).toBe(80_000);
  });

  it('are the quickest of the last eight, between 10 ms and 2 s', () => {
    const joinUs = fc.integer({ min: 0, max: 4_000_000 });
    fc.assert(
      fc.property(fc.array(joinUs, { minLength: 1, maxLength: 30 }), (joinsUs) => {
        const times = new JoinTimes();
        for (const [i, us] of joinsUs.entries()) {
          times.add(us, { intervalUs: 0, queueUs: 0 });
          const least = Math.min(...joinsUs.slice(Math.max(0, i - 7), i + 1));
          expect(times.roundTripUs).toBe(Math.min(2_000_000, Math.max(10_000, least)));
        }
      }),
    );
  });
});
