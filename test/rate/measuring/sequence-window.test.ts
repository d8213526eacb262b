import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arrival, SequenceWindow } from '../../../dist/rate/measuring/sequence-window.js';
import { MAX_LEAP, NaiveWindow, wrapped } from './naive-window.js';

const anySequence = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.constantFrom(0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1),
);

function observeAll(window: SequenceWindow, sequences: Iterable<number>): Arrival[] {
  return Array.from(sequences, (sequence) => window.observe(wrapped(sequence)));
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

describe('a sequence window', () => {
  it('says and counts what keeping all numbers would, whatever comes', () => {
    const step = fc.oneof(
      { arbitrary: fc.constant(1), weight: 10 },
      { arbitrary: fc.integer({ min: -8, max: 8 }), weight: 6 },
      { arbitrary: fc.integer({ min: -1100, max: 1100 }), weight: 2 },
      { arbitrary: fc.constantFrom(-1025, -1024, -1023, 1023, 1024, 1025, MAX_LEAP, MAX_LEAP + 1), weight: 1 },
      { arbitrary: fc.constantFrom(-MAX_LEAP, 2 ** 31, 2 ** 31 - 1, -(2 ** 31) + 1, 12_345_678), weight: 1 },
      { arbitrary: fc.constant('interrupt' as const), weight: 1 },
    );
    fc.assert(
      fc.property(anySequence, fc.array(step, { maxLength: 400 }), (first, steps) => {
        const window = new SequenceWindow();
        const naive = new NaiveWindow();
        let sequence = first;
        for (const by of [0, ...steps]) {
          if (by === 'interrupt') {
            window.interrupt();
            naive.interrupt();
          } else {
            sequence = wrapped(sequence + by);
            expect(window.observe(sequence)).toBe(naive.observe(sequence));
          }
          expect(window.receivedCount).toBe(naive.receivedCount);
          expect(window.lostCount).toBe(naive.lostCount);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('counts exactly what a network lost, that also reorders and repeats, across the wrap', () => {
    const fate = fc.record({ lost: fc.boolean(), copies: fc.integer({ min: 1, max: 3 }), delay: fc.nat(900) });
    fc.assert(
      fc.property(anySequence, fc.array(fate, { minLength: 1, maxLength: 1000 }), (first, fates) => {
        const arrivals = fates
          .flatMap(({ lost, copies, delay }, i) =>
            lost && i > 0 ? [] : new Array(copies).fill({ i, at: i === 0 ? 0 : i + delay }),
          )
          .sort((a, b) => a.at - b.at) as { readonly i: number }[];
        const window = new SequenceWindow();
        const said = observeAll(
          window,
          arrivals.map(({ i }) => first + i),
        );
        const heard = new Set(arrivals.map(({ i }) => i));
        expect(window.receivedCount).toBe(heard.size);
        expect(window.lostCount).toBe(Math.max(...heard) + 1 - heard.size);
        expect(said.filter((arrival) => arrival === 'duplicate')).toHaveLength(arrivals.length - heard.size);
        expect(said).not.toContain('restart');
      }),
      { numRuns: 200 },
    );
  });

  it('has lost nothing before the first number heard, though one from before it comes late', () => {
    const window = new SequenceWindow();
    expect(window.lostCount).toBe(0);
    expect(observeAll(window, [500, 499, 498, 501])).toEqual(['new', 'late', 'late', 'new']);
    expect(window.lostCount).toBe(0);
    expect(window.receivedCount).toBe(2);
  });

  it('takes a loss back when the datagram comes after all, up to 1023 later', () => {
    const window = new SequenceWindow();
    observeAll(window, [0, 2]);
    expect(window.lostCount).toBe(1);
    observeAll(window, range(3, 1022));
    expect(window.observe(1)).toBe('late');
    expect(window.lostCount).toBe(0);
    expect(window.observe(1)).toBe('duplicate');
  });

  it('counts a long outage as loss', () => {
    const window = new SequenceWindow();
    observeAll(window, [2 ** 32 - 10, 2 ** 32 - 10 + MAX_LEAP]);
    expect(window.lostCount).toBe(MAX_LEAP - 1);
    expect(window.observe(wrapped(2 ** 32 - 11 + MAX_LEAP))).toBe('late');
    expect(window.lostCount).toBe(MAX_LEAP - 2);
  });
});

describe('a server that starts anew', () => {
  it('begins a new run with its second datagram, both are counted, and what was lost before stays lost', () => {
    const window = new SequenceWindow();
    observeAll(window, [10, 12, 13]);
    const said = observeAll(window, [3_000_000_000, 3_000_000_001, 3_000_000_003]);
    expect(said).toEqual(['late', 'restart', 'new']);
    expect(window.receivedCount).toBe(6);
    expect(window.lostCount).toBe(2);
  });

  it('is noticed wherever its new numbers begin, at the wrap too', () => {
    for (const anew of [2 ** 32 - 1, 2 ** 32 - 2, 2 ** 31, 2 ** 31 + 5, 1_000_005 + MAX_LEAP, 1_000_000 - 1024]) {
      const window = new SequenceWindow();
      observeAll(window, range(1_000_000, 5));
      const said = observeAll(window, range(anew, 5));
      expect(said, String(anew)).toContain('restart');
      expect(window.receivedCount, String(anew)).toBeGreaterThanOrEqual(9);
      expect(window.lostCount, String(anew)).toBe(0);
    }
  });

  it('may do so any number of times', () => {
    const window = new SequenceWindow();
    for (let run = 0; run < 20; run++) observeAll(window, [...range(run * 100_000_000, 4), run * 100_000_000 + 5]);
    expect(window.receivedCount).toBe(20 * 5);
    expect(window.lostCount).toBe(20);
  });
});

describe('a stray datagram', () => {
  it('ends no run, though it come again and again', () => {
    const window = new SequenceWindow();
    for (let i = 0; i < 50; i++) {
      expect(window.observe(i)).toBe('new');
      expect(window.observe(2_000_000_000)).toBe('late');
    }
    expect(window.receivedCount).toBe(50);
    expect(window.lostCount).toBe(0);
  });
});

describe('an interruption', () => {
  it('begins a new run: what was lost before stays lost, what was sent meanwhile is not', () => {
    const window = new SequenceWindow();
    observeAll(window, [10, 12]);
    window.interrupt();
    expect([window.receivedCount, window.lostCount]).toEqual([2, 1]);
    expect(observeAll(window, [900, 902])).toEqual(['new', 'new']);
    expect([window.receivedCount, window.lostCount]).toEqual([4, 2]);
    // What is overtaken by the first datagram after it was not missed either, nor does it fill the old gap.
    expect(observeAll(window, [899, 11])).toEqual(['late', 'late']);
    expect([window.receivedCount, window.lostCount]).toEqual([4, 2]);
  });
});
