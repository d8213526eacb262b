import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckpointTiming } from '../../dist/receiver/checkpoint-timing.js';

/** How often a driver asks: at each batch of datagrams, and 20 times a second without any. */
const TICK_US = 5000;

/** Runs a driver's ticks; returns the start of each checkpoint that ended before `untilUs`. */
function checkpointsUntil(untilUs: number, firstHeardUs: number, flushUs: number): number[] {
  const timing = new CheckpointTiming(0);
  const ended: number[] = [];
  let running: { readonly startedUs: number; readonly endsUs: number } | undefined;
  for (let nowUs = TICK_US; nowUs <= untilUs; nowUs += TICK_US) {
    if (running !== undefined && running.endsUs <= nowUs) {
      timing.end(running.endsUs);
      ended.push(running.startedUs);
      running = undefined;
    }
    if (nowUs >= firstHeardUs) timing.begin(nowUs);
    if (!timing.isDue(nowUs)) continue;
    expect(running, 'two checkpoints at once').toBeUndefined();
    timing.start(nowUs);
    running = { startedUs: nowUs, endsUs: nowUs + flushUs };
  }
  return ended;
}

describe('the time of checkpoints', () => {
  it('loses at most a fifth of what a run received and 0.15 s, and never more than 0.6 s, whenever the run is killed', () => {
    const run = fc.record({ firstHeardMs: fc.nat(40_000), lifeMs: fc.nat(10_000), flushMs: fc.nat(20) });
    fc.assert(
      fc.property(run, ({ firstHeardMs, lifeMs, flushMs }) => {
        const firstHeardUs = Math.max(1, firstHeardMs) * 1000;
        const killedUs = firstHeardUs + lifeMs * 1000;
        const keptUs = checkpointsUntil(killedUs, firstHeardUs, flushMs * 1000).at(-1) ?? 0;
        const lostUs = killedUs - Math.max(keptUs, firstHeardUs);
        expect(lostUs).toBeLessThanOrEqual(Math.min(600_000, 0.2 * lifeMs * 1000 + 150_000));
      }),
    );
  });

  it('is every half second before anything is heard and after a run has received for long', () => {
    const long = checkpointsUntil(60e6, 1, 5000).filter((startedUs) => startedUs > 10e6);
    for (let i = 1; i < long.length; i++) expect(long[i]! - long[i - 1]!).toBe(500_000);
    expect(checkpointsUntil(3e6, 10e6, 0)).toEqual([500_000, 1e6, 1.5e6, 2e6, 2.5e6]);
  });

  it('uses at most half of the time of a slow disk, while intervals are below half a second', () => {
    const started = checkpointsUntil(2e6, 1, 60_000);
    for (let i = 2; i < started.length; i++) expect(started[i]! - started[i - 1]!).toBeGreaterThanOrEqual(120_000);
  });

  it('is now when a checkpoint is demanded, and as soon as the one under way has ended', () => {
    const timing = new CheckpointTiming(0);
    expect(timing.isDue(1)).toBe(false);
    timing.demand();
    expect([timing.isDue(1), timing.isDue(1)]).toEqual([true, true]);
    timing.start(1);
    timing.demand();
    expect(timing.isDue(2)).toBe(false);
    timing.end(3);
    expect(timing.isDue(3)).toBe(true);
  });
});
