import { describe, expect, it } from 'vitest';
import { SLOT_NUMBERS } from '../../../dist/rate/ladder/step-plan.js';
import { sumsOf } from '../../../dist/rate/measuring/readings.js';
import { reading } from '../readings.js';

describe('the sums of a reading', () => {
  it('count losses without those in our own bursts, also of streams that brought nothing', () => {
    const silent = reading({ receivedCount: 0, lostCount: 4, burstLostCount: 3 });
    const { receivedCount, lostCount, wireBytes, servers } = sumsOf([reading({ lostCount: 2 }), silent]);
    expect([receivedCount, lostCount, wireBytes, servers.length]).toEqual([10, 3, 12_500, 1]);
  });

  it('know the least delay and the slowest stream of each server across the wrap of delays', () => {
    const before = reading({ minDelayUs: 2 ** 32 - 100, meanExcessUs: 20 });
    const after = reading({ channelIndex: 1, minDelayUs: 50, meanExcessUs: 10 });
    const { servers } = sumsOf([after, before, reading({ serverIndex: 1, minDelayUs: 7 })]);
    expect(servers.map(({ serverIndex, minDelayUs }) => [serverIndex, minDelayUs])).toEqual([
      [0, 2 ** 32 - 100],
      [1, 7],
    ]);
    expect(servers[0]!.slowest).toBe(after);
  });

  it('have the newest slot across the wrap of slot numbers, and the lower step level where marks contradict each other', () => {
    const marks = [
      { slot: SLOT_NUMBERS - 1, stepLevel: 1 },
      { slot: 0, stepLevel: 5 },
      { slot: 0, stepLevel: 3 },
    ];
    const { servers } = sumsOf(marks.map((mark) => reading(mark)));
    expect([servers[0]!.slot, servers[0]!.stepLevel]).toEqual([0, 3]);
  });
});
