import { describe, expect, it } from 'vitest';
import { AmbientLoss } from '../../../dist/rate/measuring/ambient-loss.js';
import { addLowest, TICK_US } from '../ambient.js';

describe('a level that was left for its losses', () => {
  /** On the level below it, with a suspicion; 200 datagrams of the lowest level lost nothing. */
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
