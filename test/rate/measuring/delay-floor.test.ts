import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelayFloor } from '../../../dist/rate/measuring/delay-floor.js';
import { wrapped } from './naive-window.js';

const SHORTEST_MEMORY_US = 50e6;
const LONGEST_MEMORY_US = 60e6;

describe('the floor of delays', () => {
  it('is the least of the last 50 to 60 seconds, wherever the clocks wrap and whatever the pauses', () => {
    const pauseUs = fc.oneof(
      { arbitrary: fc.constant(50_000), weight: 5 },
      { arbitrary: fc.integer({ min: 0, max: 4e6 }), weight: 4 },
      { arbitrary: fc.integer({ min: 0, max: 200e6 }), weight: 1 },
    );
    const step = fc.record({ pauseUs, delayUs: fc.integer({ min: 0, max: 3e6 }) });
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.array(step, { maxLength: 100 }), (offsetUs, steps) => {
        const floor = new DelayFloor();
        const heard: { readonly atUs: number; readonly delayUs: number }[] = [];
        let nowUs = 1e9;
        for (const { pauseUs: passedUs, delayUs } of steps) {
          nowUs += passedUs;
          heard.push({ atUs: nowUs, delayUs });
          const above = floor.add(nowUs, wrapped(offsetUs + delayUs), 0);
          const leastOf = (memoryUs: number) =>
            Math.min(...heard.filter(({ atUs }) => atUs > nowUs - memoryUs).map((one) => one.delayUs));
          expect(above).toBeLessThanOrEqual(delayUs - leastOf(LONGEST_MEMORY_US));
          expect(above).toBeGreaterThanOrEqual(delayUs - leastOf(SHORTEST_MEMORY_US));
        }
      }),
    );
  });

  it.each([-100, 100])('never takes a drift of %d millionths for a queue of 6 ms or more, for ten minutes', (ppm) => {
    const floor = new DelayFloor();
    let most = 0;
    for (let nowUs = 0; nowUs < 600e6; nowUs += 50_000) {
      most = Math.max(most, floor.add(nowUs, wrapped(4e9 + (nowUs * ppm) / 1e6), 0));
    }
    expect(most).toBeLessThan(6000);
  });

  it('tells a queue of seconds as what it is, across the wrap', () => {
    const floor = new DelayFloor();
    expect(floor.add(0, 2 ** 32 - 1000, 0)).toBe(0);
    expect(floor.add(50_000, wrapped(2 ** 32 - 1000 + 3e6), 0)).toBe(3e6);
    expect(floor.add(100_000, 2 ** 32 - 2000, 0)).toBe(0);
    expect(floor.add(150_000, 0, 0)).toBe(2000);
  });

  it('begins anew with a server that has another clock', () => {
    const floor = new DelayFloor();
    floor.add(0, 5000, 0);
    expect(floor.add(50_000, 905_000, 1)).toBe(0);
    expect(floor.add(100_000, 906_000, 1)).toBe(1000);
    // What came before is forgotten for good.
    expect(floor.add(150_000, 6000, 2)).toBe(0);
  });
});
