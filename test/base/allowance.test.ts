import { describe, expect, it } from 'vitest';
import { Allowance } from '../../dist/base/allowance.js';

const SECOND_US = 1_000_000;

/** How many pieces of work are allowed at one time. */
function takenAt(nowUs: number, allowance: Allowance): number {
  let count = 0;
  while (count < 100 && allowance.take(nowUs)) count++;
  return count;
}

describe('an allowance', () => {
  it('allows a burst after a quiet time, however long that was, and then its rate', () => {
    const allowance = new Allowance(2, 5);
    expect(takenAt(0, allowance)).toBe(5);
    expect(takenAt(SECOND_US, allowance)).toBe(2);
    expect(takenAt(2.25 * SECOND_US, allowance)).toBe(2);
    // Half a piece was left.
    expect(takenAt(2.5 * SECOND_US, allowance)).toBe(1);
    expect(takenAt(1000 * SECOND_US, allowance)).toBe(5);
  });

  it('loses and gains nothing by a time that lies before the last one', () => {
    const allowance = new Allowance(2, 5);
    takenAt(20 * SECOND_US, allowance);
    expect(takenAt(22 * SECOND_US, allowance)).toBe(4);
    expect(takenAt(8 * SECOND_US, allowance)).toBe(0);
    expect(takenAt(22.5 * SECOND_US, allowance)).toBe(1);
    expect(takenAt(8 * SECOND_US, allowance)).toBe(0);
    expect(takenAt(30 * SECOND_US, allowance)).toBe(5);
  });

  it('waits for what was spent beyond it', () => {
    const allowance = new Allowance(10, 10);
    expect(allowance.isLeft(0)).toBe(true);
    allowance.spend(25);
    expect(allowance.isLeft(1.5 * SECOND_US)).toBe(false);
    expect(allowance.isLeft(1.6 * SECOND_US)).toBe(true);
  });
});
