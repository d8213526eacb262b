import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackOff, Failures } from '../../../dist/rate/deciding/failures.js';
import { PathState } from '../../../dist/rate/deciding/path-state.js';
import { LadderLevels } from '../../../dist/rate/ladder/ladder-levels.js';
import { StepPlan } from '../../../dist/rate/ladder/step-plan.js';

/** The slots that a level may be tried in. */
function triesOf(backOff: BackOff, level: number, stepSlots = 1): number[] {
  const permitted = Array.from({ length: 256 / stepSlots }, (_, step) => step * stepSlots);
  return permitted.filter((slot) => backOff.permits(level, slot, stepSlots));
}

describe('a back-off', () => {
  it('permits every slot to a level that has not failed, and one in 8, 16, … 256 to one that has', () => {
    const backOff = new BackOff();
    for (const every of [1, 8, 16, 32, 64, 128, 256, 256]) {
      expect(triesOf(backOff, 2)).toEqual(Array.from({ length: 256 / every }, (_, i) => i * every));
      expect(triesOf(backOff, 4)).toHaveLength(256);
      backOff.failed(2);
    }
  });

  it('is at least as long as after the failures that are named, and grows from there', () => {
    const backOff = new BackOff();
    backOff.failed(2, 4);
    expect([backOff.failureCount(2), triesOf(backOff, 2)]).toEqual([4, [0, 64, 128, 192]]);
    for (let i = 0; i < 3; i++) backOff.failed(2, 4);
    expect(backOff.failureCount(2)).toBe(6);
    for (let i = 0; i < 3; i++) backOff.failed(3);
    backOff.failed(3, 2);
    expect(backOff.failureCount(3)).toBe(4);
  });

  it('lets a level be tried again, even or odd, however rarely steps to it are permitted', () => {
    for (const stepSlots of [1, 2, 4, 8]) {
      for (const level of [2, 3]) {
        const backOff = new BackOff();
        const counts = Array.from({ length: 6 }, () => {
          backOff.failed(level);
          return triesOf(backOff, level, stepSlots).length;
        });
        expect(counts).toEqual([stepSlots === 8 ? 16 : 32, 16, 8, 4, 2, 1]);
      }
    }
  });

  it('ends when the level has been held', () => {
    const backOff = new BackOff();
    for (let i = 0; i < 9; i++) backOff.failed(3);
    backOff.held(4);
    expect(triesOf(backOff, 3)).toHaveLength(1);
    backOff.held(3);
    expect([triesOf(backOff, 3).length, backOff.failureCount(3)]).toEqual([256, 0]);
  });

  it('never permits neighbouring levels in the same slot when both have failed', () => {
    fc.assert(
      fc.property(
        fc.nat(30),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(3),
        (level, one, other, exponent) => {
          const backOff = new BackOff();
          for (let i = 0; i < one; i++) backOff.failed(level);
          for (let i = 0; i < other; i++) backOff.failed(level + 1);
          const tries = new Set(triesOf(backOff, level, 2 ** exponent));
          expect(triesOf(backOff, level + 1, 2 ** exponent).filter((slot) => tries.has(slot))).toEqual([]);
        },
      ),
    );
  });

  it('lets receivers that failed together try together, and those that failed less often at those times too', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.nat(8), (failures, more) => {
        const backOffs = [failures, failures, failures + more].map((count) => {
          const backOff = new BackOff();
          for (let i = 0; i < count; i++) backOff.failed(2);
          return triesOf(backOff, 2);
        });
        expect(backOffs[0]).toEqual(backOffs[1]);
        expect(backOffs[0]).toEqual(expect.arrayContaining(backOffs[2]!));
      }),
    );
  });
});

/** A path whose levels are 1 and 2 Mbit/s. */
function pathOnLevel2(): PathState {
  const rates = [1e6, 1e6];
  const ladder = { rates, mode: 'several', symbolBytes: 1200 } as const;
  const options = { packetBits: 10_000, isLayered: true, maxRateBitsPerSecond: undefined };
  const path = new PathState(new LadderLevels(new StepPlan(ladder), rates, options));
  path.change(2, 0);
  return path;
}

describe('a level that failed where trains pass at any rate', () => {
  /** Failures for which level 2 counts that sends this many times what arrived through its overload, with leaves of this length. */
  function failuresOf(excess: number, latencyUs: number): number {
    const path = pathOnLevel2();
    const failures = new Failures(path, { latencyUs });
    failures.record({ level: 2, carriedBitsPerSecond: 2e6 / excess, isBucket: true });
    return failures.backOff.failureCount(2);
  }

  it('waits until a failed try costs a hundredth of what the link brings', () => {
    // A fourth too much for 2.5 s is 0.5 s of the level's datagrams, so 50 s: 32 rounds of 2 s.
    expect(failuresOf(1.25, 2e6)).toBe(5);
    // With leaves of 0.1 s the same costs 0.12 s, so 12 s: 8 rounds.
    expect(failuresOf(1.25, 100_000)).toBe(3);
    // Hardly too much.
    expect(failuresOf(1.01, 2e6)).toBe(1);
  });

  it('waits no longer than two minutes, however much it dropped', () => {
    expect(failuresOf(100, 5e6)).toBe(6);
  });
});

describe('other traffic that is recognised', () => {
  /** Level 2 failed; then others fill the queue, and have been recognised for so long. */
  function besideOthers({ seconds, isBucket }: { readonly seconds: number; readonly isBucket: boolean }) {
    const path = pathOnLevel2();
    const failures = new Failures(path, { latencyUs: 2e6 });
    failures.record({ level: 2, carriedBitsPerSecond: 1.9e6, isBucket });
    failures.record({ level: 2, carriedBitsPerSecond: 0.5e6, isBucket });
    fillQueue(path, failures, seconds);
    return { path, failures };
  }

  /** Less than the capacity arrives through a queue, as beside others, until they have been recognised for so long. */
  function fillQueue(path: PathState, failures: Failures, seconds: number): void {
    const slot = {
      isQueued: true,
      arrivedBitsPerSecond: 0.5e6,
      capacityBitsPerSecond: 1.9e6,
      mostArrivedBitsPerSecond: 0,
      bitsPerSecond: 1e6,
    };
    for (let leftSlots = 2 * seconds; leftSlots >= 0; ) {
      path.nowUs += 0.5e6;
      path.contention.judge(path.nowUs, { ...slot, roundTripUs: 100_000, leaveLatencyUs: 2e6 });
      failures.noteOthers();
      if (path.isContended) leftSlots--;
    }
  }

  it('is what levels failed for before, behind a bucket: they may be tried at once, at the most that the path has carried', () => {
    const { path, failures } = besideOthers({ seconds: 0, isBucket: true });
    expect(failures.backOff.failureCount(2)).toBe(0);
    expect(path.link.believedBitsPerSecond(path.nowUs)).toBe(1.9e6);
  });

  it('forgives nothing elsewhere while it may be the tries of other receivers, one after the other', () => {
    const early = besideOthers({ seconds: 7, isBucket: false });
    expect(early.path.isContended).toBe(true);
    expect(early.failures.backOff.failureCount(2)).toBe(2);
    expect(besideOthers({ seconds: 8, isBucket: false }).failures.backOff.failureCount(2)).toBe(0);
  });

  it('forgives once, so that a level that fails beside it is avoided', () => {
    const { path, failures } = besideOthers({ seconds: 8, isBucket: true });
    failures.record({ level: 2, carriedBitsPerSecond: 1.5e6, isBucket: true });
    const failureCount = failures.backOff.failureCount(2);
    expect(failureCount).toBeGreaterThan(0);
    fillQueue(path, failures, 20);
    expect(failures.backOff.failureCount(2)).toBe(failureCount);
  });

  it('is what a level was left for, too, if that is not decided yet: its queue would keep that from being decided', () => {
    const path = pathOnLevel2();
    const failures = new Failures(path, { latencyUs: 2e6 });
    failures.left({ level: 2, lossRatio: 0.3, carriedBitsPerSecond: 1.4e6, isBucket: true });
    path.change(1, 0);
    expect(path.ambient.isJudging).toBe(true);
    fillQueue(path, failures, 0);
    expect([path.ambient.isJudging, failures.judgeSuspect()]).toEqual([false, undefined]);
    expect(failures.backOff.failureCount(2)).toBe(0);
  });

  it('takes its share of what overloads carry, so that this does not bound what is tried', () => {
    const { path, failures } = besideOthers({ seconds: 8, isBucket: true });
    expect(path.isContended).toBe(true);
    failures.carried(0.4e6);
    expect(failures.blame(false)).toBeUndefined();
    expect(path.link.believedBitsPerSecond(path.nowUs)).toBe(1.9e6);
  });
});
