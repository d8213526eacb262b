import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AmbientLoss } from '../../dist/rate/ambient-loss.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { seed, seeded } from '../simulate/seed.js';

const TICK_US = 50_000;

/** A reading of the lowest level: it has nothing below it, so its losses are ambient at once. */
function addLowest(ambient: AmbientLoss, receivedCount: number, lostCount: number, nowUs = 0): void {
  ambient.add(nowUs, receivedCount, lostCount);
  ambient.settle();
}

describe('ambient loss', () => {
  it('is 0 until enough datagrams have arrived', () => {
    const ambient = new AmbientLoss();
    expect(ambient.ratio).toBe(0);
    addLowest(ambient, 23, 6);
    expect(ambient.ratio).toBe(0);
    addLowest(ambient, 1, 0);
    expect(ambient.ratio).toBeCloseTo(6 / 30, 9);
  });

  it.each([0, 0.01, 0.05, 0.2])(
    seeded('is known to within a quarter of its value, or one per cent, at %d'),
    (ratio) => {
      const prng = new Prng(seed).fork(`ambient ${ratio}`);
      const ambient = new AmbientLoss();
      for (let i = 0; i < 500; i++) {
        const lostCount = Array.from({ length: 20 }, () => prng.happens(ratio)).filter((isLost) => isLost).length;
        addLowest(ambient, 20 - lostCount, lostCount);
        if (i > 50) expect(Math.abs(ambient.ratio - ratio)).toBeLessThan(Math.max(0.25 * ratio, 0.02));
      }
    },
  );

  it('follows a change within some thousands of datagrams', () => {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 300; i++) addLowest(ambient, 9, 1);
    for (let i = 0; i < 400; i++) addLowest(ambient, 10, 0);
    expect(ambient.ratio).toBeLessThan(0.005);
  });

  it('is never more than a radio link would lose', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e6))), (counts) => {
        const ambient = new AmbientLoss();
        for (const [receivedCount, lostCount] of counts) {
          addLowest(ambient, receivedCount, lostCount);
          expect(ambient.ratio).toBeGreaterThanOrEqual(0);
          expect(ambient.ratio).toBeLessThanOrEqual(0.3);
        }
      }),
    );
  });

  it('is not known from a level above the lowest until that has held for five seconds without more loss', () => {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 50; i++) addLowest(ambient, 19, 1);
    ambient.climbed();
    for (let nowUs = 0; nowUs < 5e6; nowUs += TICK_US) {
      ambient.add(nowUs, 10, 0);
      expect(ambient.ratio).toBeCloseTo(0.05, 9);
    }
    ambient.add(5e6, 10, 0);
    expect(ambient.ratio).toBeLessThan(0.03);
  });

  it('counts levels that were climbed since, and no longer when they are left', () => {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 10; i++) addLowest(ambient, 10, 0);
    ambient.climbed();
    for (let i = 0; i < 10; i++) ambient.add(i * TICK_US, 9, 1);
    expect(ambient.ratio).toBe(0);
    ambient.climbed();
    expect(ambient.ratio).toBeCloseTo(0.05, 9);
    ambient.left();
    expect(ambient.ratio).toBe(0);
  });
});

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

describe('the limit of losses', () => {
  it('comes closer to ambient loss the more datagrams there are', () => {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 100; i++) addLowest(ambient, 9, 1);
    const limits = [50, 200, 1000, 10_000, 1e6].map((count) => ambient.limit(0.03, count));
    expect(limits).toEqual(limits.toSorted((a, b) => b - a));
    expect(limits.at(-1)).toBeCloseTo(0.03 + 1.5 * 0.1, 2);
    // A full queue explains losses, whatever their number.
    expect(ambient.limit(0.03, 50, true)).toBeCloseTo(0.03 + 1.5 * 0.1, 9);
  });

  it('is further away where losses come in bursts, even if a queue is full', () => {
    const [even, bursty] = [new AmbientLoss(), new AmbientLoss()];
    for (let i = 0; i < 100; i++) {
      addLowest(even, 9, 1);
      addLowest(bursty, i % 10 === 0 ? 0 : 10, i % 10 === 0 ? 10 : 0);
    }
    expect(even.ratio).toBeCloseTo(bursty.ratio, 9);
    for (const isQueued of [false, true]) {
      expect(bursty.limit(0.03, 500, isQueued)).toBeGreaterThan(even.limit(0.03, 500, isQueued) + 0.05);
    }
  });
});

describe('the level above a level that was left for it', () => {
  /** On the level below, with a suspicion; 200 datagrams of the lowest level lost nothing. */
  function below(suspectedRatio: number | undefined): AmbientLoss {
    const ambient = new AmbientLoss();
    for (let i = 0; i < 20; i++) addLowest(ambient, 10, 0);
    ambient.climbed();
    for (let i = 0; i < 20; i++) ambient.add(i * TICK_US, 8, 2);
    ambient.left(suspectedRatio);
    return ambient;
  }

  function addBelow(
    ambient: AmbientLoss,
    readingCount: number,
    receivedCount: number,
    lostCount: number,
    fromUs = 0,
  ): void {
    for (let i = 0; i < readingCount; i++) ambient.add(fromUs + i * TICK_US, receivedCount, lostCount);
  }

  it('was not the cause if the level below loses as well, and then that is ambient', () => {
    for (const lostCount of [1, 2, 4]) {
      const ambient = below(0.2);
      expect(ambient.isJudging).toBe(true);
      addBelow(ambient, 20, 20 - lostCount, lostCount);
      expect(ambient.judge(1e6, true)).toBe(true);
      expect(ambient.ratio).toBeCloseTo(lostCount / 20, 9);
      expect([ambient.isJudging, ambient.judge(2e6, true)]).toEqual([false, undefined]);
    }
  });

  it('was the cause if the level below loses nothing, or a lot less', () => {
    for (const lostCount of [0, 1, 4]) {
      const ambient = below(0.2);
      addBelow(ambient, 20, 100 - lostCount, lostCount);
      expect(ambient.judge(1e6, true)).toBe(false);
      expect(ambient.isJudging).toBe(false);
      expect(ambient.ratio).toBeLessThan(0.01);
    }
  });

  it('is not decided while a level above the lowest loses heavily, as it does behind a policer that is slower still', () => {
    const ambient = below(0.4);
    addBelow(ambient, 40, 8, 2);
    expect([ambient.judge(1e6, false), ambient.isJudging, ambient.ratio]).toEqual(['lower', true, 0]);
    ambient.left(0.4);
    addBelow(ambient, 40, 10, 0, 2e6);
    expect([ambient.judge(3e6, false), ambient.ratio]).toEqual([false, 0]);
  });

  /** The same after a level that held and lost nothing of 500 datagrams. */
  function belowClean(suspectedRatio: number): AmbientLoss {
    const ambient = new AmbientLoss();
    addBelow(ambient, 50, 10, 0);
    ambient.settle();
    ambient.left(suspectedRatio);
    return ambient;
  }

  it('was the cause if only one level below loses as well, and those below that were clean: a policer may carry a little less than the next', () => {
    const ambient = belowClean(0.08);
    addBelow(ambient, 40, 14, 1);
    expect([ambient.judge(1e6, false), ambient.ratio]).toEqual(['lower', 0]);
    ambient.left(0.08);
    addBelow(ambient, 40, 15, 0, 2e6);
    expect([ambient.judge(3e6, false), ambient.ratio]).toEqual([false, 0]);
  });

  it('was not the cause if two levels below lose as well', () => {
    const ambient = belowClean(0.08);
    addBelow(ambient, 40, 14, 1);
    expect(ambient.judge(1e6, false)).toBe('lower');
    ambient.left(0.08);
    addBelow(ambient, 40, 14, 1, 2e6);
    expect(ambient.judge(3e6, false)).toBe(true);
    expect(ambient.ratio).toBeCloseTo(1 / 15, 9);
  });

  it('was not the cause if one level below loses as well, and nothing is known of those below that', () => {
    const ambient = below(0.08);
    addBelow(ambient, 40, 14, 1);
    expect(ambient.judge(1e6, false)).toBe(true);
  });

  it('is judged on four hundred datagrams, or on sixty after four seconds', () => {
    const ambient = below(0.2);
    addBelow(ambient, 39, 10, 0);
    expect(ambient.judge(2e6, true)).toBeUndefined();
    addBelow(ambient, 1, 10, 0, 2e6);
    expect(ambient.judge(2e6, true)).toBe(false);
    const rare = below(0.2);
    addBelow(rare, 59, 1, 0);
    expect(rare.judge(4e6, true)).toBeUndefined();
    addBelow(rare, 1, 1, 0, 3e6);
    expect([rare.judge(3.9e6, true), rare.judge(4e6, true)]).toEqual([undefined, false]);
  });

  it('is not judged while nothing has arrived, nor if something else than loss made the receiver leave', () => {
    const ambient = below(0.2);
    expect([ambient.judge(60e6, true), ambient.isJudging]).toEqual([undefined, true]);
    const other = below(undefined);
    addBelow(other, 100, 10, 0);
    expect([other.judge(60e6, true), other.isJudging]).toEqual([undefined, false]);
  });

  it('keeps the losses of the level below from being ambient until it is judged', () => {
    const ambient = below(0.2);
    addBelow(ambient, 300, 19, 1);
    expect(ambient.ratio).toBe(0);
    expect(ambient.judge(15e6, true)).toBe(true);
    expect(ambient.ratio).toBeCloseTo(0.05, 9);
  });
});

/** Losses among some datagrams: Gilbert's link, which is good or bad for `burstLength` datagrams in the mean. */
function lossesOf(prng: Prng, ratio: number, burstLength: number): (count: number) => number {
  let isBad = false;
  const toGood = 1 / burstLength;
  const toBad = (ratio * toGood) / (1 - ratio);
  return (count) => {
    let lostCount = 0;
    for (let i = 0; i < count; i++) {
      isBad = burstLength === 1 ? prng.happens(ratio) : isBad ? !prng.happens(toGood) : prng.happens(toBad);
      if (isBad) lostCount++;
    }
    return lostCount;
  };
}
