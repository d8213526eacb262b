import { describe, expect, it } from 'vitest';
import { LadderLevels } from '../../dist/rate/ladder/ladder-levels.js';
import { StepPlan } from '../../dist/rate/ladder/step-plan.js';
import { NO_OTHER_PATHS } from '../../dist/rate/measuring/readings.js';
import { Path } from '../../dist/rate/path.js';
import { SharedBottlenecks } from '../../dist/rate/shared-bottlenecks.js';
import { reading } from './readings.js';

const rates = [1e6, 1e6];
const plan = new StepPlan({ rates, mode: 'several', symbolBytes: 1154 });

/** A path on its highest level, whose queue a test can fill and empty. */
function pathOf(server: number) {
  const options = { packetBits: 10_000, isLayered: true, maxRateBitsPerSecond: undefined };
  const path = new Path(server, new LadderLevels(plan, rates, options));
  const joined = new Set(path.start(0).map(({ channel }) => channel));
  let nowUs = 0;
  const queue = (queueUs: number) => {
    for (let i = 0; i < 6; i++) {
      nowUs += 50_000;
      const readings = [...joined].map((channelIndex) =>
        reading({ serverIndex: server, channelIndex, minDelayUs: queueUs, trainBitsPerSecond: 1e9 }),
      );
      const none = { droppedCount: 0, unreadCount: 0, latenessUs: 0 };
      for (const { action, channel } of path.tick(nowUs, readings, none, NO_OTHER_PATHS)) {
        if (action === 'join') joined.add(channel);
        else joined.delete(channel);
      }
    }
  };
  // On the lowest level, a queue that comes and goes would be taken for the rhythm of the link.
  for (let i = 0; i < 5; i++) queue(0);
  expect([...joined]).toEqual([0, 1]);
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
