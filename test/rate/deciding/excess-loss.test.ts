import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AmbientLoss } from '../../../dist/rate/measuring/ambient-loss.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { seed, seeded } from '../../simulate/seed.js';
import { addLowest, lossesOf, TICK_US } from '../ambient.js';

describe('losses of a level', () => {
  /** Knows a path that has lost this share on the lowest level, and is on a higher one. */
  function aboveLowest(lose: (count: number) => number): AmbientLoss {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 100; i++) {
      const lostCount = lose(10);
      addLowest(ambient, 10 - lostCount, lostCount);
    }
    ambient.climbed();
    return ambient;
  }

  it('that lower levels have not are an excess as soon as a hundred datagrams show it, and never ambient', () => {
    const level = fc.record({
      lossRatio: fc.double({ min: 0.1, max: 0.7, noNaN: true }),
      count: fc.integer({ min: 10, max: 100 }),
      seconds: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(level, ({ lossRatio, count, seconds }) => {
        const ambient = aboveLowest(() => 0);
        const lostCount = Math.ceil(count * lossRatio);
        for (let i = 0; i < seconds * 20; i++) {
          ambient.add(i * TICK_US, count - lostCount, lostCount);
          const isEnough = (i + 1) * count >= 100;
          if (isEnough) expect(ambient.excess?.lossRatio).toBeCloseTo(lostCount / count, 9);
          else expect(ambient.excess).toBeUndefined();
          expect(ambient.ratio).toBe(0);
        }
        ambient.left(lossRatio);
        for (let i = 0; i < 100; i++) ambient.add(60e6 + i * TICK_US, 10, 0);
        expect([ambient.judge(70e6, true), ambient.ratio]).toEqual([false, 0]);
      }),
    );
  });

  it(
    seeded(
      'that lower levels have too, independent of one another, are an excess in less than one of a hundred windows',
    ),
    () => {
      for (const ratio of [0, 0.005, 0.02, 0.1, 0.2]) {
        for (const count of [10, 40]) expect(alarmsIn(300, ratio, 1, count)).toBeLessThanOrEqual(3);
      }
    },
  );

  it(seeded('that come in bursts of five as on lower levels are an excess in less than a fifth of the windows'), () => {
    for (const ratio of [0.02, 0.05]) {
      for (const count of [10, 40]) expect(alarmsIn(300, ratio, 5, count)).toBeLessThan(60);
    }
  });

  /** In how many windows of five seconds a level that loses as lower levels do is said to lose more. */
  function alarmsIn(windowCount: number, ratio: number, burstLength: number, count: number): number {
    let alarmCount = 0;
    for (let i = 0; i < windowCount; i++) {
      const prng = new Prng(seed).fork(`alarms ${ratio} ${burstLength} ${count} ${i}`);
      const lose = lossesOf(prng, ratio, burstLength);
      const ambient = aboveLowest(lose);
      let isAlarm = false;
      for (let nowUs = 0; nowUs < 5e6; nowUs += TICK_US) {
        const lostCount = lose(count);
        ambient.add(nowUs, count - lostCount, lostCount);
        isAlarm ||= ambient.excess !== undefined;
      }
      if (isAlarm) alarmCount++;
    }
    return alarmCount;
  }

  it('that grow by one per cent each five seconds are an excess within four steps', () => {
    const ambient = aboveLowest(() => 0);
    const found: number[] = [];
    for (let i = 0; i < 600 && found.length === 0; i++) {
      const percents = Math.floor(i / 101);
      ambient.add(i * TICK_US, 100 - percents, percents);
      // A window that is next to free of loss may become ambient, no other.
      expect(ambient.ratio).toBeLessThan(0.003);
      if (ambient.excess !== undefined) found.push(percents);
    }
    expect(found).toHaveLength(1);
    expect(found[0]).toBeLessThanOrEqual(4);
  });

  it('that grow by one per cent with each level are an excess before a tenth is lost, however soon each is climbed', () => {
    for (const seconds of [0.5, 1, 2, 5, 8]) {
      const ambient = aboveLowest(() => 0);
      let [level, nowUs, isFound] = [1, 0, false];
      for (; level < 10 && !isFound; level++) {
        for (let i = 0; i < seconds * 20 && !isFound; i++) {
          nowUs += TICK_US;
          ambient.add(nowUs, 100 - level, level);
          isFound ||= ambient.excess !== undefined;
        }
        if (!isFound) ambient.climbed();
      }
      expect([seconds, isFound]).toEqual([seconds, true]);
      expect(ambient.ratio).toBeLessThan(0.05);
    }
  });

  it('are not compared on fewer than a hundred datagrams', () => {
    const ambient = aboveLowest(() => 0);
    ambient.add(0, 0, 99);
    expect(ambient.excess).toBeUndefined();
    ambient.add(TICK_US, 1, 0);
    expect(ambient.excess?.lossRatio).toBe(0.99);
  });
});
