import { describe, expect, it } from 'vitest';
import { PACKET_OVERHEAD_BYTES } from '../../dist/base/limits.js';
import { LadderLevels } from '../../dist/rate/ladder/ladder-levels.js';
import { StepPlan } from '../../dist/rate/ladder/step-plan.js';
import { NO_OTHER_PATHS } from '../../dist/rate/measuring/readings.js';
import { Path, SharedBottlenecks } from '../../dist/rate/path.js';
import type { Decision } from '../../dist/rate/policy.js';
import { reading } from './readings.js';

const TICK_US = 50_000;
const SYMBOL_BYTES = 1250 - PACKET_OVERHEAD_BYTES;
const NOTHING_LOCAL = { unreadCount: 0, droppedCount: 0, latenessUs: 0 };

/**
 * A path of replicated channels of 1, 2, 3 and `fastest` Mbit/s, or of layers of 1 Mbit/s, which brings what is joined of
 * those that `sent` names.
 */
function rig(kind: 'best' | 'several', capacityMegabits: number, sent = [0, 1, 2, 3], fastest = 4) {
  const rates = kind === 'best' ? [1e6, 2e6, 3e6, fastest * 1e6] : [1e6, 1e6, 1e6, 1e6];
  const plan = new StepPlan({ rates, mode: kind, symbolBytes: SYMBOL_BYTES });
  const options = { packetBits: 10_000, isLayered: kind === 'several', maxRateBitsPerSecond: undefined };
  const path = new Path(2, new LadderLevels(plan, rates, options));
  const joinedUs = new Map<number, number>();
  const moves: string[] = [];
  let nowUs = 1e9;
  const follow = (decisions: readonly Decision[]) => {
    for (const { action, channel, server } of decisions) {
      expect(server).toBe(2);
      expect(joinedUs.has(channel)).toBe(action === 'leave');
      if (action === 'join') joinedUs.set(channel, nowUs);
      else joinedUs.delete(channel);
      moves.push(`${action} ${channel}`);
    }
  };
  follow(path.start(nowUs));
  const tick = (lostRatio = 0) => {
    nowUs += TICK_US;
    const heard = [...joinedUs].filter(([channel, sinceUs]) => sent.includes(channel) && nowUs - sinceUs > 90_000);
    const slot = Math.floor(nowUs / 500_000) % 65_536;
    const readings = heard.map(([channelIndex, sinceUs]) => {
      const count = Math.round((rates[channelIndex]! * TICK_US) / 1e10);
      const lostCount = Math.round(count * lostRatio);
      const trainBitsPerSecond = channelIndex === 0 ? capacityMegabits * 1e6 : 0;
      return reading({
        serverIndex: 2,
        channelIndex,
        receivedCount: count - lostCount,
        lostCount,
        sinceUs: sinceUs + 90_000,
        slot,
        stepLevel: plan.stepLevel(slot),
        trainBitsPerSecond,
      });
    });
    follow(path.tick(nowUs, readings, NOTHING_LOCAL, NO_OTHER_PATHS));
  };
  const pass = (seconds: number, lostRatio = 0) => {
    for (let i = 0; i < seconds * 20; i++) tick(lostRatio);
  };
  return { path, moves, joinedUs, pass, tick };
}

describe('the channels of a path', () => {
  it('that are layered are joined from the lowest up, and left from the highest down', () => {
    const { moves, pass, path } = rig('several', 100);
    pass(5);
    expect(moves).toEqual(['join 0', 'join 1', 'join 2', 'join 3']);
    pass(1, 0.6);
    expect(path.controller.level).toBeLessThan(4);
    expect(moves.slice(4)).toEqual(['leave 3', 'leave 2', 'leave 1'].slice(0, 4 - path.controller.level));
  });

  it('that are replicated are exchanged one for another, the old one left when the new one is heard', () => {
    // Trains of 100 Mbit/s may have passed a token bucket: they do not show that the fastest channel fits.
    const { moves, joinedUs, tick } = rig('best', 100);
    let most = 0;
    for (let i = 0; i < 200; i++) {
      tick();
      most = Math.max(most, joinedUs.size);
    }
    expect(moves).toEqual(['join 0', 'join 1', 'leave 0', 'join 2', 'leave 1', 'join 3', 'leave 2']);
    expect(most).toBe(2);
  });

  it('that are replicated are exchanged at once for the fastest that fits, where trains show less than the ladder has', () => {
    const { moves, pass } = rig('best', 9, [0, 1, 2, 3], 10);
    pass(3);
    expect(moves).toEqual(['join 0', 'join 2', 'leave 0']);
  });

  it('that are replicated are not joined two at a time where there is no room for both', () => {
    const { moves, joinedUs, tick } = rig('best', 2.6);
    let most = 0;
    for (let i = 0; i < 300; i++) {
      tick();
      most = Math.max(most, joinedUs.size);
    }
    expect(moves).toEqual(['join 0', 'leave 0', 'join 1']);
    expect(most).toBe(1);
  });

  it('that are replicated wait for the one left before to go, where there is no room for three', () => {
    // From 1 to 2, 3 and 5 Mbit/s: 3 and 5 fit together in 8.5, but not beside 1 and 2 that still come.
    const { path, moves, joinedUs, pass, tick } = rig('best', 8.5, [0, 1, 2, 3], 5);
    pass(2);
    expect(moves).toEqual(['join 0', 'join 1', 'leave 0', 'join 2', 'leave 1']);
    let ticks = 0;
    for (; !joinedUs.has(3) && ticks < 100; ticks++) {
      tick();
      expect(joinedUs.has(2)).toBe(true);
    }
    expect(ticks * TICK_US).toBeGreaterThan(path.controller.leaveLatencyUs - 1e6);
    pass(0.5);
    expect(moves).toEqual(['join 0', 'join 1', 'leave 0', 'join 2', 'leave 1', 'join 3', 'leave 2']);
  });

  it('that are replicated stay as they are when the better one never comes, and that is given up', () => {
    const { moves, joinedUs, pass, path } = rig('best', 100, [0, 1]);
    for (let i = 0; i < 400; i++) {
      pass(0.1);
      expect([...joinedUs.keys()].some((channel) => channel < 2)).toBe(true);
      expect(joinedUs.size).toBeLessThanOrEqual(2);
    }
    expect(moves.slice(0, 5)).toEqual(['join 0', 'join 1', 'leave 0', 'join 2', 'leave 2']);
    expect(path.levelBitsPerSecond).toBeLessThanOrEqual(3e6);
  });

  it('that are replicated are tried one after the other where there are no trains, each for a while', () => {
    const { joinedUs, tick } = rig('best', 0);
    const heardTicks = [0, 0, 0, 0];
    for (let i = 0; i < 300; i++) {
      tick();
      for (const channel of joinedUs.keys()) heardTicks[channel]!++;
      // Nothing is known of a channel that has only just come, and of those before that were not there for long.
      for (const channel of [1, 2]) if (joinedUs.has(channel + 1)) expect(heardTicks[channel]).toBeGreaterThan(6);
    }
    expect(joinedUs.has(3)).toBe(true);
  });

  it('knows which share of what comes is not new', () => {
    const { path } = rig('several', 100);
    for (let i = 1; i <= 400; i++) {
      const readings = [
        reading({ receivedCount: 8, duplicateCount: 2 }),
        reading({ receivedCount: 0, channelIndex: 1 }),
      ];
      path.tick(1e9 + i * TICK_US, readings, NOTHING_LOCAL, NO_OTHER_PATHS);
    }
    expect(path.duplicateRatio).toBeCloseTo(0.25, 3);
  });
});

/** A path on its highest level, whose queue a test can fill and empty. */
function fullPath(server: number) {
  const rates = [1e6, 1e6];
  const plan = new StepPlan({ rates, mode: 'several', symbolBytes: SYMBOL_BYTES });
  const options = { packetBits: 10_000, isLayered: true, maxRateBitsPerSecond: undefined };
  const path = new Path(server, new LadderLevels(plan, rates, options));
  const joined = new Set(path.start(0).map(({ channel }) => channel));
  let nowUs = 0;
  const queue = (queueUs: number) => {
    for (let i = 0; i < 6; i++) {
      nowUs += TICK_US;
      const readings = [...joined].map((channelIndex) =>
        reading({ serverIndex: server, channelIndex, minDelayUs: queueUs, trainBitsPerSecond: 1e9 }),
      );
      for (const { action, channel } of path.tick(nowUs, readings, NOTHING_LOCAL, NO_OTHER_PATHS)) {
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
    const [one, other] = [fullPath(0), fullPath(1)];
    const shared = new SharedBottlenecks();
    for (let i = 0; i < 4; i++) {
      expect(shared.mayShare(one.path, other.path)).toBe(true);
      shared.note(one.path, [other.path]);
    }
    expect(shared.mayShare(one.path, other.path)).toBe(false);
    expect(shared.mayShare(other.path, one.path)).toBe(false);
    expect(shared.mayShare(one.path, fullPath(2).path)).toBe(true);
  });

  it('are where three of the last four retreats of either met a queue on the other', () => {
    const [one, other] = [fullPath(0), fullPath(1)];
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
