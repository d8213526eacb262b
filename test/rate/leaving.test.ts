import { describe, expect, it } from 'vitest';
import { LadderLevels } from '../../dist/rate/ladder-levels.js';
import { stepDownFor } from '../../dist/rate/leaving.js';
import { LocalLoad } from '../../dist/rate/local-load.js';
import { PathState } from '../../dist/rate/path-state.js';
import { StepPlan } from '../../dist/rate/step-plan.js';

const LEAVE_US = 5e6;

/** Whether a channel of the second level that has been silent for this long is given up, where leaves take so long, five seconds if nothing is said. */
function isGivenUp(mode: 'several' | 'best', silentUs: number, leaveUs = LEAVE_US): boolean {
  const rates = [1e6, 2e6];
  const plan = new StepPlan({ rates, mode, symbolBytes: 1200 });
  const options = { packetBits: 10_000, isLayered: mode === 'several', maxRateBitsPerSecond: undefined };
  const path = new PathState(new LadderLevels(plan, rates, options));
  path.change(2, 0);
  path.nowUs = silentUs;
  return stepDownFor(path, new LocalLoad(), leaveUs) !== undefined;
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
