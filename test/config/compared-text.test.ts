import { expect, it } from 'vitest';
import { comparedText } from '../../dist/config/compared-text.js';

it.each([
  [{ lossRatio: 0.0123, mostLossRatio: 0.05 }, 'loss 1.23 %, most loss 5 %'],
  [{ nextBitsPerSecond: 4e6, mostBitsPerSecond: 3.456e6 }, 'next 4 Mbit/s, most 3.46 Mbit/s'],
  [{ queueMs: 0.25, mostQueueMs: 1500 }, 'queue 250 us, most queue 1.5 s'],
  [{ growthRatio: -0.02, grownMs: -3 }, 'growth −2 %, grown −3 ms'],
  [{ lostCount: 3, mostLostCount: 0 }, 'lost 3, most lost 0'],
  [{ somethingNew: 7 }, 'something new 7'],
  [{}, ''],
])('writes %j with words and units', (compared, text) => {
  expect(comparedText(compared)).toBe(text);
});
