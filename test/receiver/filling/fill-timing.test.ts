import { expect, it } from 'vitest';
import { FillTiming } from '../../../dist/receiver/filling/fill-timing.js';

it('begins after the time and a random part of it again, if the end is not in sight', () => {
  const timing = new FillTiming(0, 100, 1000, 0.5);
  expect(timing.isDue(1499, 100)).toBe(false);
  expect(timing.isDue(1500, 100)).toBe(true);
});

it('waits on while multicast brings at least as much in that time as is missing', () => {
  const timing = new FillTiming(0, 100, 1000, 0);
  expect(timing.isDue(1000, 50)).toBe(false);
  expect(timing.isDue(1999, 50)).toBe(false);
  // Of 50 it brought 20, which leaves more than another 20.
  expect(timing.isDue(2000, 30)).toBe(true);
});
