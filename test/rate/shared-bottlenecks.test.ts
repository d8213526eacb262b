import { describe, expect, it } from 'vitest';
import { LadderLevels } from '../../dist/rate/ladder-levels.js';
import { NO_OTHER_PATHS } from '../../dist/rate/other-paths.js';
import { Path } from '../../dist/rate/path.js';
import { SharedBottlenecks } from '../../dist/rate/shared-bottlenecks.js';
import { StepPlan } from '../../dist/rate/step-plan.js';
import { reading } from './readings.js';

const rates = [1e6, 1e6];
const plan = new StepPlan({ rates, mode: 'several', symbolBytes: 1154 });

/** A path whose queue a test can fill and empty. */
function pathOf(server: number) {
  const options = { packetBits: 10_000, isLayered: true, maxRateBitsPerSecond: undefined };
  const path = new Path(server, new LadderLevels(plan, rates, options));
  path.start(0);
  let nowUs = 0;
  const queue = (queueUs: number) => {
    for (let i = 0; i < 6; i++) {
      nowUs += 50_000;
      const readings = [reading({ serverIndex: server, minDelayUs: queueUs })];
      path.tick(nowUs, readings, { droppedCount: 0, unreadCount: 0, latenessUs: 0 }, NO_OTHER_PATHS);
    }
  };
  queue(0);
  return { path, queue };
}

describe('shared bottlenecks', () => {
  it('are assumed until four retreats have shown otherwise', () => {
    const [one, other] = [pathOf(0), pathOf(1)];
    const shared = new SharedBottlenecks();
    for (let i = 0; i < 4; i++) {
      expect(shared.mayShare(one.path, other.path)).toBe(true);
      shared.note(one.path, [other.path]);
    }
    expect(shared.mayShare(one.path, other.path)).toBe(false);
    expect(shared.mayShare(other.path, one.path)).toBe(false);
    expect(shared.mayShare(one.path, pathOf(2).path)).toBe(true);
  });

  it('are where three of the last four retreats of either met a queue on the other', () => {
    const [one, other] = [pathOf(0), pathOf(1)];
    const shared = new SharedBottlenecks();
    const retreat = (isCommon: boolean, first = one, second = other) => {
      second.queue(isCommon ? 50_000 : 0);
      shared.note(first.path, [second.path]);
    };
    for (const isCommon of [true, false, true, true]) retreat(isCommon);
    expect(shared.mayShare(one.path, other.path)).toBe(true);
    retreat(false, other, one);
    expect(shared.mayShare(one.path, other.path)).toBe(false);
    for (let i = 0; i < 2; i++) retreat(true, other, one);
    expect(shared.mayShare(one.path, other.path)).toBe(true);
  });
});
