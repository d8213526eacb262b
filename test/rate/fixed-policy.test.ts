import { expect, it } from 'vitest';
import { FixedPolicy } from '../../dist/rate/fixed-policy.js';

it('joins exactly what was picked by hand, and stays there', () => {
  const policy = new FixedPolicy([2, 0], [1000, 500, 250]);
  expect(policy.start().map(({ action, channel }) => [action, channel])).toEqual([
    ['join', 2],
    ['join', 0],
  ]);
  expect(policy.tick()).toEqual([]);
  expect(policy.status.levelRateBitsPerSecond).toBe(1250);
});
