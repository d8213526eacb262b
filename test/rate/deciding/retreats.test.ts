import { describe, expect, it } from 'vitest';
import { Retreats } from '../../../dist/rate/deciding/retreats.js';

const LEAVE_US = 700_000;

describe('retreats', () => {
  it('leave a queue that may be their own for four seconds, or until it has been empty', () => {
    const retreats = new Retreats();
    expect(retreats.isDraining(0)).toBe(false);
    retreats.began(0, 5e6);
    expect([retreats.isDraining(1e6), retreats.isDraining(4e6)]).toEqual([true, false]);
    retreats.drained();
    expect(retreats.isDraining(1e6)).toBe(false);
  });

  it('close together are one, of which a TCP would have kept 0.7', () => {
    const retreats = new Retreats();
    expect(retreats.keptRate(0)).toBe(0);
    retreats.began(0, 8e6);
    retreats.began(3e6, 2e6);
    expect(retreats.keptRate(5e6)).toBe(5.6e6);
    expect([retreats.keptRate(22.9e6), retreats.keptRate(23e6)]).toEqual([5.6e6, 0]);
    retreats.began(23e6, 2e6);
    expect(retreats.keptRate(23e6)).toBe(1.4e6);
  });

  it('are required at once of a receiver that gets most of the capacity', () => {
    expect(new Retreats().judgeQueue(0, 9.5e6, 10e6, LEAVE_US)).toBe(true);
  });

  it('are left to others by a receiver that gets less, until others would have left and the leave worked', () => {
    const retreats = new Retreats();
    expect(retreats.judgeQueue(0, 8e6, 10e6, LEAVE_US)).toBe(false);
    expect(retreats.judgeQueue(LEAVE_US, 8e6, 10e6, LEAVE_US)).toBe(false);
    expect(retreats.judgeQueue(LEAVE_US + 1, 8e6, 10e6, LEAVE_US)).toBe(true);
    // Another receiver caused it: the next suspicion begins again.
    retreats.cleared();
    expect(retreats.judgeQueue(2e6, 8e6, 10e6, LEAVE_US)).toBe(false);
  });

  it('are not required again for ten seconds of a receiver that has just retreated far', () => {
    const retreats = new Retreats();
    retreats.began(0, 9e6);
    for (let nowUs = 0; nowUs < 10e6; nowUs += 50_000)
      expect(retreats.judgeQueue(nowUs, 5e6, 10e6, LEAVE_US)).toBe(false);
    expect(retreats.isDraining(1e6)).toBe(false);
  });
});
