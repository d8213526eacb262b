import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalUs } from '../../../dist/rate/ladder/ladder.js';
import { Pacer } from '../../../dist/rate/ladder/pacer.js';
import { ScheduleTime } from '../../../dist/rate/ladder/schedule-time.js';
import { type Ladder, StepPlan } from '../../../dist/rate/ladder/step-plan.js';
import { anyLadder } from '../ladders.js';

/** A whole number of rounds of eight slots, so that slot 0 begins with it. */
const WALL_US = 65_536 * 500_000 * 50_000;
const usual: Ladder = { rates: [1e6, 1e6, 2e6], mode: 'several', symbolBytes: 1154 };

function scheduleTimeOf(ladder: Ladder, channel: number) {
  const interval = intervalUs(ladder.rates[channel]!, ladder.symbolBytes);
  return new ScheduleTime({ plan: new StepPlan(ladder), channel, intervalUs: interval });
}

/** Advances schedule time through its slots: every 500 ms from the first. */
function startedAt(scheduleTime: ScheduleTime, nowUs: number): ScheduleTime {
  scheduleTime.advance(nowUs - 500_000, WALL_US - 500_000);
  scheduleTime.advance(nowUs, WALL_US);
  return scheduleTime;
}

const anyChannelOf = fc
  .tuple(anyLadder, fc.nat(31))
  .map(([ladder, number]) => ({ ladder, channel: number % ladder.rates.length }));
const anyNow = fc.integer({ min: 1e6, max: 2 ** 41 });

describe('schedule time', () => {
  it('agrees with time at the end of every slot, and never goes back', () => {
    fc.assert(
      fc.property(anyChannelOf, anyNow, ({ ladder, channel }, nowUs) => {
        const scheduleTime = startedAt(scheduleTimeOf(ladder, channel), nowUs);
        for (let slot = 0; slot < 9; slot++) {
          const atUs = nowUs + slot * 500_000;
          scheduleTime.advance(atUs, WALL_US + slot * 500_000);
          expect(scheduleTime.slot).toBe(slot);
          expect(Math.abs(scheduleTime.scheduleUs(atUs) - atUs)).toBeLessThan(0.01);
          expect(Math.abs(scheduleTime.scheduleUs(atUs + 500_000) - atUs - 500_000)).toBeLessThan(0.01);
          const schedule = Array.from({ length: 501 }, (_, passed) => scheduleTime.scheduleUs(atUs + passed * 1000));
          expect(schedule.findIndex((scheduleUs, i) => i > 0 && scheduleUs <= schedule[i - 1]!)).toBe(-1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives the time of every schedule time: it is reached then, and not a microsecond of schedule time before', () => {
    fc.assert(
      fc.property(
        anyChannelOf,
        anyNow,
        fc.nat(7),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        ({ ladder, channel }, nowUs, slot, part) => {
          const scheduleTime = startedAt(scheduleTimeOf(ladder, channel), nowUs);
          const beganUs = nowUs + slot * 500_000;
          if (slot > 0) scheduleTime.advance(beganUs, WALL_US + slot * 500_000);
          scheduleTime.takeTrain(beganUs + 200_000);
          const scheduleUs = beganUs + part * 500_000;
          const momentUs = scheduleTime.timeUs(scheduleUs);
          expect(momentUs).toBeGreaterThanOrEqual(beganUs);
          expect(momentUs).toBeLessThanOrEqual(beganUs + 500_000);
          expect(scheduleTime.scheduleUs(momentUs)).toBeGreaterThanOrEqual(scheduleUs);
          expect(scheduleTime.scheduleUs(Math.ceil(momentUs) - 2)).toBeLessThan(scheduleUs + 1);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is never faster than its peak factor outside of trains', () => {
    fc.assert(
      fc.property(anyChannelOf, ({ ladder, channel }) => {
        const scheduleTime = startedAt(scheduleTimeOf(ladder, channel), 5e6);
        for (let slot = 0; slot < 8; slot++) {
          const beganUs = 5e6 + slot * 500_000;
          scheduleTime.advance(beganUs, WALL_US + slot * 500_000);
          const trainUs = scheduleTime.timeUs(Number.POSITIVE_INFINITY);
          for (let atUs = beganUs; atUs < beganUs + 499_000; atUs += 1000) {
            if (atUs < trainUs && trainUs <= atUs + 1000) continue;
            const passed = scheduleTime.scheduleUs(atUs + 1000) - scheduleTime.scheduleUs(atUs);
            expect(passed).toBeLessThan(1000 * scheduleTime.peakFactor + 0.01);
          }
        }
      }),
      {
        numRuns: 20,
        examples: [[{ ladder: { rates: [91e3, 290e3, 16e3], mode: 'several', symbolBytes: 16 }, channel: 1 }]],
      },
    );
  });

  it('of the usual ladder has previews where they are permitted, at the rate of the next level', () => {
    const nowUs = 5e6;
    const scheduleTime = startedAt(scheduleTimeOf(usual, 0), nowUs);
    for (let slot = 0; slot < 4; slot++) {
      const beganUs = nowUs + slot * 500_000;
      if (slot > 0) scheduleTime.advance(beganUs, WALL_US + slot * 500_000);
      const speed = (atUs: number) =>
        scheduleTime.scheduleUs(beganUs + atUs + 1000) - scheduleTime.scheduleUs(beganUs + atUs);
      // Levels of 1, 2 and 4 Mbit/s: 100 datagrams more take 2 s, 200 take 4 s.
      expect(scheduleTime.stepLevel).toBe(slot === 3 ? 2 : 0);
      expect(speed(480_000)).toBeCloseTo(slot === 3 ? 2000 : 760, 0);
      // Twice the rate for a third of the usual time.
      expect([scheduleTime.isPreview(beganUs + 466_666), scheduleTime.isPreview(beganUs + 466_667)]).toEqual([
        false,
        slot === 3,
      ]);
      // A train of 12 takes 120 of 500 ms.
      expect(speed(100_000)).toBeCloseTo(slot === 3 ? 671 : 760, 0);
    }
  });

  it('is to be asked again when a train is due and when the slot ends', () => {
    const scheduleTime = startedAt(scheduleTimeOf(usual, 0), 5e6);
    expect(scheduleTime.timeUs(9e6)).toBe(5.2e6);
    expect(scheduleTime.takeTrain(5.2e6 - 1)).toBe(false);
    expect(scheduleTime.takeTrain(5.2e6)).toBe(true);
    expect(scheduleTime.takeTrain(5.2e6 + 1)).toBe(false);
    expect(scheduleTime.timeUs(9e6)).toBe(5.5e6);
  });

  it('omits a train that would leave in the preview', () => {
    const scheduleTime = startedAt(scheduleTimeOf(usual, 0), 5e6);
    expect(scheduleTime.takeTrain(5.4e6)).toBe(false);
  });

  it('without a ladder equals time, and still counts slots', () => {
    const scheduleTime = new ScheduleTime();
    scheduleTime.advance(1234, WALL_US + 500_000 * 7 + 3);
    expect([scheduleTime.slot, scheduleTime.stepLevel, scheduleTime.trainLength]).toEqual([7, 0, 0]);
    expect([scheduleTime.scheduleUs(300_000.5), scheduleTime.timeUs(9e9)]).toEqual([300_000.5, 9e9]);
    expect([scheduleTime.isPreview(450_000), scheduleTime.takeTrain(250_000)]).toEqual([false, false]);
    scheduleTime.advance(1234 + 500_000, WALL_US + 500_000 * 8 + 3);
    expect(scheduleTime.slot).toBe(8);
  });
});

describe('schedule time with a wall clock that is wrong', () => {
  it.each([0.9, 0.9999, 1.0001, 1.015])(
    'follows a clock that runs %f times as fast, and stays close to time',
    (speed) => {
      const scheduleTime = scheduleTimeOf(usual, 0);
      const slots = new Set<number>();
      for (let nowUs = 0; nowUs < 60e6; nowUs += 4997) {
        const wallUs = WALL_US + Math.floor((nowUs * speed) / 1000) * 1000;
        scheduleTime.advance(nowUs, wallUs);
        slots.add(scheduleTime.slot);
        // Between the two ends of a slot they differ by what train and preview make at most.
        expect(Math.abs(scheduleTime.scheduleUs(nowUs) - nowUs)).toBeLessThan(121_000);
        const ahead = (((wallUs / 500_000) % 65_536) - scheduleTime.slot) * 500_000;
        expect(ahead).toBeGreaterThanOrEqual(-10_000);
        expect(ahead).toBeLessThan(500_000 + 60_000);
      }
      expect(Math.abs(slots.size - 120 * speed)).toBeLessThan(2);
    },
  );

  it.each([0.985, 0.9999, 1.0001, 1.015])(
    'has a train in every slot of a clock that goes %f times as fast',
    (speed) => {
      const scheduleTime = scheduleTimeOf(usual, 0);
      const slots: number[] = [];
      let [nowUs, trains] = [0, 0];
      while (slots.length < 100) {
        scheduleTime.advance(nowUs, WALL_US + Math.floor((nowUs * speed) / 1000) * 1000);
        if (scheduleTime.takeTrain(nowUs)) trains++;
        else slots.push(scheduleTime.slot);
        // Woken for nothing but the train and the end of the slot.
        nowUs = Math.ceil(scheduleTime.timeUs(Number.POSITIVE_INFINITY));
      }
      expect(slots).toEqual(slots.map((_, i) => i));
      expect(trains).toBe(98);
    },
  );

  it('neither stops nor jumps when the wall clock jumps', () => {
    const jump = fc.tuple(fc.nat(3e6), fc.integer({ min: -3e6, max: 3e6 }));
    fc.assert(
      fc.property(anyChannelOf, fc.array(jump, { maxLength: 6 }), ({ ladder, channel }, jumps) => {
        const scheduleTime = scheduleTimeOf(ladder, channel);
        const trainUs = scheduleTime.trainLength * intervalUs(ladder.rates[channel]!, ladder.symbolBytes);
        const at = jumps.map(([gapUs]) => gapUs);
        for (let i = 1; i < at.length; i++) at[i]! += at[i - 1]!;
        let before = 1e6;
        let trains = 0;
        const wrong: number[] = [];
        scheduleTime.advance(1e6, WALL_US);
        for (let nowUs = 1e6 + 5000; nowUs < 20e6; nowUs += 5000) {
          const offsetUs = jumps.reduce((sum, [, jumpUs], i) => (1e6 + at[i]! <= nowUs ? sum + jumpUs : sum), 0);
          scheduleTime.advance(nowUs, WALL_US + nowUs - 1e6 + offsetUs);
          const scheduleUs = scheduleTime.scheduleUs(nowUs);
          const isTrain = scheduleTime.takeTrain(nowUs);
          if (isTrain) trains++;
          const passed = scheduleUs - before - (isTrain ? trainUs : 0);
          // In five milliseconds, at four times the rate at most; and never away from time by what it is in a slot.
          if (passed <= 0 || passed > 4 * 5000 + 1 || Math.abs(scheduleUs - nowUs) > 400_000) wrong.push(nowUs);
          before = scheduleUs;
        }
        expect(wrong).toEqual([]);
        const slots = 38;
        if (scheduleTime.trainLength > 0) expect(trains).toBeGreaterThanOrEqual(slots - 2 - 2 * jumps.length);
        expect(trains).toBeLessThanOrEqual(slots);
      }),
      { numRuns: 60 },
    );
  });

  it('begins in the middle of a slot, also after a long sleep', () => {
    const scheduleTime = scheduleTimeOf(usual, 0);
    scheduleTime.advance(7e6, WALL_US + 123_000);
    expect([scheduleTime.slot, scheduleTime.scheduleUs(7_200_000)]).toEqual([0, 7_200_000]);
    expect(scheduleTime.timeUs(9e9)).toBe(7e6 + 377_000);
    scheduleTime.advance(7e6 + 60e6, WALL_US + 123_000 + 60e6);
    expect(scheduleTime.slot).toBe(120);
    expect(scheduleTime.scheduleUs(7e6 + 60e6 - 123_000)).toBeCloseTo(7e6 + 60e6 - 123_000, 3);
    expect(scheduleTime.timeUs(9e9)).toBe(67e6 + 77_000);
  });
});

describe('a pacer on schedule time', () => {
  it('keeps its rate over every slot and over many, when it is asked late by less than half an interval', () => {
    const anyLateness = fc.array(fc.double({ min: 0, max: 0.45, noNaN: true }), { minLength: 1, maxLength: 50 });
    // The next channel is slower, so the preview is too, and the rest of the slot is faster than the nominal rate.
    const slowPreview = {
      ladder: { rates: [91e3, 16e3, 16e3, 290e3, 16e3], mode: 'several', symbolBytes: 16 } as const,
      channel: 3,
    };
    fc.assert(
      fc.property(anyChannelOf, anyLateness, ({ ladder, channel }, latenesses) => {
        const interval = intervalUs(ladder.rates[channel]!, ladder.symbolBytes);
        const scheduleTime = scheduleTimeOf(ladder, channel);
        const pacer = new Pacer(interval, 0);
        const wrong: number[] = [];
        let [nowUs, sent, asked] = [0, 0, 0];
        while (nowUs < 10e6) {
          scheduleTime.advance(nowUs, WALL_US + nowUs);
          if (scheduleTime.takeTrain(nowUs)) {
            pacer.sentTrain(scheduleTime.trainLength);
            sent += scheduleTime.trainLength;
          }
          const scheduleUs = scheduleTime.scheduleUs(nowUs);
          const count = pacer.due(scheduleUs);
          if (count > 0) pacer.sent(count, scheduleUs);
          sent += count;
          // All datagrams due by schedule time have left.
          if (Math.abs(sent - scheduleUs / interval - 0.5) >= 2) wrong.push(nowUs);
          const dueUs = scheduleTime.timeUs(pacer.nextDueUs);
          // In previews, schedule time passes faster and intervals are shorter. Whole microseconds are a part of the lateness.
          const lateUs = latenesses[asked++ % latenesses.length]! * (interval / scheduleTime.peakFactor);
          nowUs = Math.max(nowUs + 1, Math.ceil(dueUs), Math.floor(dueUs + lateUs));
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 50, examples: [[slowPreview, [0.45]]] },
    );
  });
});
