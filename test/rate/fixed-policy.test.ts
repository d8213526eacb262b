import { expect, it } from 'vitest';
import { FixedPolicy } from '../../dist/rate/fixed-policy.js';
import { reading } from './readings.js';

const AT_LEISURE = { unreadCount: 0, droppedCount: 0, latenessUs: 0 };

it('joins exactly the channels that the user chose, and stays there', () => {
  const policy = new FixedPolicy([2, 0], [1000, 500, 250]);
  expect(policy.start().map(({ action, channel }) => [action, channel])).toEqual([
    ['join', 2],
    ['join', 0],
  ]);
  // Half of everything is lost, behind a queue of a second.
  for (let i = 1; i <= 100; i++) {
    const readings = [reading({ receivedCount: 50, lostCount: 50, minDelayUs: i === 1 ? 0 : 1e6 })];
    expect(policy.tick(i * 50_000, readings, AT_LEISURE)).toEqual([]);
  }
});

it('needs no arrival times of single datagrams', () => {
  expect(new FixedPolicy([2, 0], [1000, 500, 250]).isTimed).toBe(false);
});

it('still reports the standing queue and the measured capacity', () => {
  const policy = new FixedPolicy([2, 0], [1000, 500, 250]);
  expect(policy.status).toEqual({ levelRateBitsPerSecond: 1250, queueUs: 0, capacityBitsPerSecond: undefined });
  policy.tick(50_000, [reading({ minDelayUs: 1000 })], AT_LEISURE);
  for (let i = 2; i <= 8; i++) {
    policy.tick(i * 50_000, [reading({ minDelayUs: 31_000, trainBitsPerSecond: 5e6 })], AT_LEISURE);
  }
  expect(policy.status).toEqual({ levelRateBitsPerSecond: 1250, queueUs: 30_000, capacityBitsPerSecond: 5e6 });
});
