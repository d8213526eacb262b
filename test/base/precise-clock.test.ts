import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PreciseClock, type PreciseHost } from '../../dist/base/precise-clock.js';

/** A thread whose time passes only when it blocks, when a timer is waited for, or when a callback takes time. */
function fakeThread({ timerLatenessUs = 0, oversleepUs = 50 } = {}) {
  let nowUs = 5_000_000;
  const turns: (() => void)[] = [];
  const timers: { atUs: number; callback: () => void }[] = [];
  const blocks: { readonly us: number; readonly turn: number }[] = [];
  let turnCount = 0;
  const host: PreciseHost = {
    nowUs: () => nowUs,
    wallUs: () => nowUs + 1e15,
    block(us) {
      blocks.push({ us, turn: turnCount });
      nowUs += us + oversleepUs;
    },
    callAfterMs(ms, callback) {
      const timer = { atUs: nowUs + ms * 1000 + timerLatenessUs, callback };
      timers.push(timer);
      return () => {
        if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
      };
    },
    callAfterTurn: (callback) => void turns.push(callback),
  };
  return {
    host,
    blocks,
    timers,
    get turnCount() {
      return turnCount;
    },
    take: (us: number) => {
      nowUs += us;
    },
    /** Runs the event loop until nothing is left to do. */
    run() {
      for (;;) {
        turnCount++;
        const now = turns.splice(0);
        for (const callback of now) callback();
        const due = timers.filter(({ atUs }) => atUs <= nowUs);
        for (const timer of due) timers.splice(timers.indexOf(timer), 1);
        for (const { callback } of due) callback();
        if (turns.length > 0) continue;
        if (timers.length === 0) return;
        nowUs = Math.max(nowUs, Math.min(...timers.map(({ atUs }) => atUs)));
      }
    },
  };
}

describe('a precise clock', () => {
  it('calls each back at its time, in order, never before it, and blocks for five milliseconds at most, once a turn', () => {
    const anyWaits = fc.array(fc.oneof(fc.nat(5000), fc.nat(100_000)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(anyWaits, fc.nat(1900), (waits, timerLatenessUs) => {
        const thread = fakeThread({ timerLatenessUs });
        const clock = new PreciseClock(thread.host);
        const beganUs = clock.nowUs();
        const called: { readonly atUs: number; readonly calledUs: number }[] = [];
        for (const wait of waits) {
          const atUs = beganUs + wait;
          clock.schedule(atUs, () => called.push({ atUs, calledUs: clock.nowUs() }));
        }
        thread.run();
        expect(called.map(({ atUs }) => atUs - beganUs)).toEqual(waits.toSorted((a, b) => a - b));
        // Timers of Node are late by 2 ms at most, and the clock sets them as much too early.
        // A block is aimed to end in time; waits that are shorter than what the kernel adds end late by that.
        for (const { atUs, calledUs } of called) {
          expect(calledUs).toBeGreaterThanOrEqual(atUs);
          expect(calledUs).toBeLessThanOrEqual(atUs + 100);
        }
        expect(Math.max(0, ...thread.blocks.map(({ us }) => us))).toBeLessThanOrEqual(5000);
        expect(new Set(thread.blocks.map(({ turn }) => turn)).size).toBe(thread.blocks.length);
      }),
    );
  });

  it('does not spin: it takes a turn for each block and each call, and for a long wait one timer', () => {
    const thread = fakeThread();
    const clock = new PreciseClock(thread.host);
    let called = 0;
    clock.schedule(clock.nowUs() + 60_000_000, () => called++);
    expect(thread.timers).toHaveLength(1);
    thread.run();
    expect(called).toBe(1);
    expect(thread.blocks).toHaveLength(1);
    expect(thread.turnCount).toBeLessThan(8);
  });

  it('waits for each datagram of a channel of 1 Mbit/s, one in ten milliseconds, with one timer and one block', () => {
    const thread = fakeThread({ timerLatenessUs: 500 });
    const clock = new PreciseClock(thread.host);
    let count = 0;
    const send = () => {
      if (++count < 100) clock.schedule(clock.nowUs() + 10_000, send);
    };
    clock.schedule(clock.nowUs() + 10_000, send);
    thread.run();
    expect(count).toBe(100);
    expect(thread.blocks.length).toBeLessThanOrEqual(100);
  });

  it('gives the event loop a turn before it calls back again, however late it is', () => {
    const thread = fakeThread({ oversleepUs: 5000 });
    const clock = new PreciseClock(thread.host);
    const turns: number[] = [];
    const again = () => {
      turns.push(thread.turnCount);
      if (turns.length < 5) clock.schedule(clock.nowUs() - 1000, again);
    };
    clock.schedule(clock.nowUs() + 100, again);
    thread.run();
    expect(new Set(turns).size).toBe(5);
  });

  it('looks for an earlier time that is asked for while it waits for a later one', () => {
    const thread = fakeThread();
    const clock = new PreciseClock(thread.host);
    const order: string[] = [];
    const beganUs = clock.nowUs();
    clock.schedule(beganUs + 1_000_000, () => order.push(`late ${clock.nowUs() - beganUs}`));
    clock.schedule(beganUs + 500_000, () => order.push(`early ${clock.nowUs() - beganUs}`));
    thread.run();
    expect(order).toEqual(['early 500000', 'late 1000000']);
    expect(thread.timers).toEqual([]);
  });

  it('does not call back what was cancelled, before its time or by another callback of the same time', () => {
    const thread = fakeThread();
    const clock = new PreciseClock(thread.host);
    const called: string[] = [];
    const atUs = clock.nowUs() + 1500;
    clock.schedule(atUs - 1, () => called.push('never'))();
    clock.schedule(atUs, () => {
      called.push('first');
      cancel();
    });
    const cancel = clock.schedule(atUs, () => called.push('second'));
    thread.run();
    expect(called).toEqual(['first']);
  });

  it('keeps no process alive when all that it was to call is cancelled', () => {
    const thread = fakeThread();
    const clock = new PreciseClock(thread.host);
    const cancels = [60e6, 2e6].map((afterUs) => clock.schedule(clock.nowUs() + afterUs, () => undefined));
    for (const cancel of cancels) cancel();
    expect(thread.timers).toEqual([]);
    const calls: string[] = [];
    clock.schedule(clock.nowUs() + 1e6, () => void calls.push('later'));
    thread.run();
    expect(calls).toEqual(['later']);
  });

  it('keeps its promises on a real thread: calls come, not before their times, and turns of the loop between them', async () => {
    const clock = new PreciseClock();
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns++;
      if (!isOver) setTimeout(turn, 0);
    };
    turn();
    for (let i = 0; i < 50; i++) {
      const atUs = clock.nowUs() + i * 100;
      await new Promise<void>((resolve) => clock.schedule(atUs, resolve));
      expect(clock.nowUs()).toBeGreaterThanOrEqual(atUs);
    }
    isOver = true;
    expect(turns).toBeGreaterThan(5);
  });
});
