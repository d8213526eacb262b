import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrainCapacity } from '../../../dist/rate/measuring/train-capacity.js';

function told(trains: readonly (readonly [slot: number, megabits: number])[]): TrainCapacity {
  const capacity = new TrainCapacity();
  for (const [slot, megabits] of trains) capacity.add(slot, megabits * 1e6);
  return capacity;
}

describe('the capacity that trains measure', () => {
  it('is unknown before the first, and excludes nothing then', () => {
    const capacity = new TrainCapacity();
    expect(capacity.bitsPerSecond).toBeUndefined();
    expect(capacity.mostBitsPerSecond).toBe(Number.POSITIVE_INFINITY);
  });

  it('is the middle one of the last three slots, the lower of two', () => {
    expect(told([[1, 5]]).bitsPerSecond).toBe(5e6);
    expect(
      told([
        [1, 5],
        [2, 7],
      ]).bitsPerSecond,
    ).toBe(5e6);
    expect(
      told([
        [1, 5],
        [2, 100],
        [3, 6],
      ]).bitsPerSecond,
    ).toBe(6e6);
    expect(
      told([
        [1, 5],
        [2, 100],
        [3, 6],
        [4, 7],
      ]).bitsPerSecond,
    ).toBe(7e6);
  });

  it('follows a change within two slots', () => {
    expect(
      told([
        [1, 20],
        [2, 20],
        [3, 20],
        [4, 5],
        [5, 5],
      ]).bitsPerSecond,
    ).toBe(5e6);
  });

  it('excludes rates above all trains of the last eight slots', () => {
    const slots = [90, 1, 2, 3, 4, 5, 6, 7].map((megabits, slot) => [slot, megabits] as const);
    expect(told(slots).mostBitsPerSecond).toBe(90e6);
    expect(told([...slots, [8, 6]]).mostBitsPerSecond).toBe(7e6);
    expect([told([]).leastBitsPerSecond, told([...slots, [8, 6]]).leastBitsPerSecond]).toEqual([undefined, 1e6]);
  });

  it('is forgotten when it is said to be over', () => {
    const capacity = told([
      [1, 5],
      [2, 6],
    ]);
    capacity.clear();
    expect([capacity.bitsPerSecond, capacity.mostBitsPerSecond]).toEqual([undefined, Number.POSITIVE_INFINITY]);
  });

  it('is never raised by further trains of the slots that it knows', () => {
    const rate = fc.double({ min: 1e3, max: 1e9, noNaN: true });
    const genuine = fc.array(rate, { minLength: 1, maxLength: 8 });
    const forged = fc.array(fc.tuple(fc.nat(7), rate), { maxLength: 20 });
    fc.assert(
      fc.property(genuine, forged, (rates, others) => {
        const capacity = new TrainCapacity();
        for (const [slot, bitsPerSecond] of rates.entries()) capacity.add(slot, bitsPerSecond);
        const [before, most] = [capacity.bitsPerSecond!, capacity.mostBitsPerSecond];
        for (const [slot, bitsPerSecond] of others) {
          if (slot < rates.length) capacity.add(slot, bitsPerSecond);
        }
        expect(capacity.bitsPerSecond!).toBeLessThanOrEqual(before);
        expect(capacity.mostBitsPerSecond).toBeLessThanOrEqual(most);
      }),
    );
  });
});
