import { describe, expect, it } from 'vitest';
import { stepDownFor } from '../../../dist/rate/deciding/leaving.js';
import { PathState } from '../../../dist/rate/deciding/path-state.js';
import { LadderLevels } from '../../../dist/rate/ladder/ladder-levels.js';
import { StepPlan } from '../../../dist/rate/ladder/step-plan.js';

const LEAVE_US = 5e6;

/** Whether a channel of the second level that has been silent for this long is given up, where leaves take so long, five seconds if nothing is said. */
function isGivenUp(mode: 'several' | 'best', silentUs: number, leaveUs = LEAVE_US): boolean {
  const rates = [1e6, 2e6];
  const plan = new StepPlan({ rates, mode, symbolBytes: 1200 });
  const options = { packetBits: 10_000, isLayered: mode === 'several', maxRateBitsPerSecond: undefined };
  const path = new PathState(new LadderLevels(plan, rates, options));
  path.change(2, 0);
  path.nowUs = silentUs;
  return stepDownFor(path, leaveUs) !== undefined;
}

describe('a joined channel that sends nothing', () => {
  it('is given up after five seconds', () => {
    expect([isGivenUp('several', 4.95e6), isGivenUp('several', 5e6)]).toEqual([false, true]);
  });

  it('is given up later if it is replicated and leaves take long, because it may be joined only when the leave of the one before has worked', () => {
    expect([isGivenUp('best', 7.45e6), isGivenUp('best', 7.5e6)]).toEqual([false, true]);
    expect([isGivenUp('best', 4.95e6, 2.2e6), isGivenUp('best', 5e6, 2.2e6)]).toEqual([false, true]);
  });
});

describe('a host that drops datagrams', () => {
  function stepFrom(level: number, droppedCount: number) {
    const rates = [1e6, 2e6, 4e6, 8e6, 16e6];
    const plan = new StepPlan({ rates, mode: 'several', symbolBytes: 1200 });
    const options = { packetBits: 10_000, isLayered: true, maxRateBitsPerSecond: undefined };
    const path = new PathState(new LadderLevels(plan, rates, options));
    path.change(level, 0);
    path.load.add(0, 100 - droppedCount, droppedCount);
    return stepDownFor(path, LEAVE_US)?.step.level;
  }

  it('leaves one level for a few, and as many as it takes for more', () => {
    expect([stepFrom(5, 0), stepFrom(5, 12), stepFrom(5, 60)]).toEqual([undefined, 4, 3]);
    expect(stepFrom(1, 60)).toBeUndefined();
  });
});
