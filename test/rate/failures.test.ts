import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackOff } from '../../dist/rate/failures.js';

/** The slots that a level may be tried in. */
function triesOf(backOff: BackOff, level: number, slotCount = 256): number[] {
  return Array.from({ length: slotCount }, (_, slot) => slot).filter((slot) => backOff.permits(level, slot));
}

describe('a back-off', () => {
  it('permits every slot to a level that has not failed, and one in 8, 16, … 128 to one that has', () => {
    const backOff = new BackOff();
    for (const every of [1, 8, 16, 32, 64, 128, 128, 128]) {
      expect(triesOf(backOff, 2)).toEqual(Array.from({ length: 256 / every }, (_, i) => i * every));
      expect(triesOf(backOff, 4)).toHaveLength(256);
      backOff.failed(2);
    }
  });

  it('is at least as long as after the failures that are named, and grows from there', () => {
    const backOff = new BackOff();
    backOff.failed(2, 4);
    expect([backOff.failureCount(2), triesOf(backOff, 2)]).toEqual([4, [0, 64, 128, 192]]);
    for (let i = 0; i < 3; i++) backOff.failed(2, 4);
    expect(backOff.failureCount(2)).toBe(5);
    for (let i = 0; i < 3; i++) backOff.failed(3);
    backOff.failed(3, 2);
    expect(backOff.failureCount(3)).toBe(4);
  });

  it('ends when the level has been held', () => {
    const backOff = new BackOff();
    for (let i = 0; i < 9; i++) backOff.failed(3);
    backOff.held(4);
    expect(triesOf(backOff, 3)).toHaveLength(2);
    backOff.held(3);
    expect([triesOf(backOff, 3).length, backOff.failureCount(3)]).toEqual([256, 0]);
  });

  it('never permits neighbouring levels in the same slot when both have failed', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), (level, one, other) => {
        const backOff = new BackOff();
        for (let i = 0; i < one; i++) backOff.failed(level);
        for (let i = 0; i < other; i++) backOff.failed(level + 1);
        const tries = new Set(triesOf(backOff, level));
        expect(triesOf(backOff, level + 1).filter((slot) => tries.has(slot))).toEqual([]);
      }),
    );
  });

  it('lets receivers that failed together try together, and those that failed less often at those times too', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.nat(8), (failures, more) => {
        const backOffs = [failures, failures, failures + more].map((count) => {
          const backOff = new BackOff();
          for (let i = 0; i < count; i++) backOff.failed(2);
          return triesOf(backOff, 2);
        });
        expect(backOffs[0]).toEqual(backOffs[1]);
        expect(backOffs[0]).toEqual(expect.arrayContaining(backOffs[2]!));
      }),
    );
  });
});
