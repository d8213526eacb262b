import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackOff } from '../../dist/rate/back-off.js';

function permissionsOf(backOff: BackOff, level: number, count = 128): number[] {
  return Array.from({ length: count }, (_, permission) => permission).filter((one) => backOff.permits(level, one));
}

describe('a back-off', () => {
  it('uses every permission of a level that has not failed, and each second, fourth … of one that has', () => {
    const backOff = new BackOff();
    for (const every of [1, 2, 4, 8, 16, 32, 32, 32]) {
      expect(permissionsOf(backOff, 3)).toEqual(Array.from({ length: 128 / every }, (_, i) => i * every));
      expect(permissionsOf(backOff, 4)).toHaveLength(128);
      backOff.failed(3);
    }
  });

  it('is over when the level has held', () => {
    const backOff = new BackOff();
    for (let i = 0; i < 9; i++) backOff.failed(3);
    backOff.held(4);
    expect(permissionsOf(backOff, 3)).toHaveLength(4);
    backOff.held(3);
    expect([permissionsOf(backOff, 3).length, backOff.failureCount(3)]).toEqual([128, 0]);
  });

  it('lets those who failed together try together, and those who failed less often at those times, too', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.nat(8), (failures, more) => {
        const backOffs = [failures, failures, failures + more].map((count) => {
          const backOff = new BackOff();
          for (let i = 0; i < count; i++) backOff.failed(2);
          return permissionsOf(backOff, 2);
        });
        expect(backOffs[0]).toEqual(backOffs[1]);
        expect(backOffs[0]).toEqual(expect.arrayContaining(backOffs[2]!));
      }),
    );
  });
});
