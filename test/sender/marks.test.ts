import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import { intervalUs } from '../../dist/rate/ladder/ladder.js';
import { type Ladder, StepPlan } from '../../dist/rate/ladder/step-plan.js';
import { SenderChannel } from '../../dist/sender/channel.js';
import type { DatagramSource, Slab } from '../../dist/sender/slab.js';
import { Flag, type Header, newHeader, readHeader, writeHeader } from '../../dist/wire/header.js';
import { anyLadder } from '../rate/ladders.js';
import { datagramsIn } from './sent-datagrams.js';

/** A moment of wall-clock time at which slot 0 begins. */
const WALL_US = 65_536 * 500_000 * 50_000;
/** Levels of 1, 2, 4 and 7 Mbit/s, in packets of 10,000 bit. */
const usual: Ladder = { rates: [1e6, 1e6, 2e6, 3e6], mode: 'several', symbolBytes: 1154 };

/** Makes datagrams that are numbered by their ESI. */
class Numbered implements DatagramSource {
  readonly maxDatagramBytes = HEADER_BYTES;
  readonly ratedDatagramBytes = HEADER_BYTES;
  #next = 0;

  prepare(slab: Slab): void {
    for (slab.clear(); !slab.isFull; ) {
      writeHeader({ ...newHeader(), esi: this.#next++ }, slab.bytes, slab.add(HEADER_BYTES));
    }
  }
}

interface Departure {
  readonly atUs: number;
  readonly header: Header;
  /** Index of the departure. */
  readonly batch: number;
}

interface Run {
  readonly seconds: number;
  /** Time of the monotonic clock at the beginning. */
  readonly startUs?: number;
  readonly wall?: (passedUs: number) => number;
  /** Delays of the timers, in turn. */
  readonly latenessUs?: readonly number[];
  /** Time that the disk takes to read a slab. */
  readonly readUs?: number;
}

/** The departures of a channel that is called as the driver calls it: when it is due, and again until nothing is due. */
function departures(ladder: Ladder, channel: number, run: Run): readonly Departure[] {
  const { seconds, startUs = 0, wall = (passed) => WALL_US + passed, latenessUs = [0], readUs = 0 } = run;
  const plan = new StepPlan(ladder);
  const interval = intervalUs(ladder.rates[channel]!, ladder.symbolBytes);
  const sender = new SenderChannel(new Numbered(), interval, startUs, 2 ** 32 - 5, {
    part: { plan, channel },
    timerLatenessUs: 3000,
  });
  const found: Departure[] = [];
  let [nowUs, asked, batch, readyUs] = [startUs, 0, 0, startUs];
  sender.refill();
  while (nowUs < startUs + seconds * 1e6) {
    if (nowUs >= readyUs && sender.wantsRefill) sender.filled();
    const taken = datagramsIn(sender.take(nowUs, wall(nowUs - startUs)));
    if (sender.wantsRefill && readyUs <= nowUs) {
      sender.refill();
      readyUs = nowUs + readUs;
      if (readUs === 0) sender.filled();
    }
    for (const datagram of taken) {
      const header = newHeader();
      readHeader(datagram, 0, datagram.length, header);
      found.push({ atUs: nowUs - startUs, header, batch });
    }
    batch++;
    const dueUs = sender.hasDatagrams ? sender.nextDueUs : readyUs;
    if (dueUs > nowUs) nowUs = Math.ceil(dueUs) + latenessUs[asked++ % latenessUs.length]!;
  }
  return found;
}

/** The departures that carry a flag, as runs of consecutive ones. */
function flagged(all: readonly Departure[], flag: number): readonly (readonly Departure[])[] {
  const runs: Departure[][] = [];
  for (const [i, departure] of all.entries()) {
    if ((departure.header.flags & flag) === 0) continue;
    if (i > 0 && (all[i - 1]!.header.flags & flag) !== 0) runs.at(-1)!.push(departure);
    else runs.push([departure]);
  }
  return runs;
}

function countBetween(all: readonly Departure[], fromUs: number, toUs: number): number {
  return all.filter(({ atUs }) => atUs >= fromUs && atUs < toUs).length;
}

const anyChannel = fc
  .tuple(anyLadder, fc.nat(31))
  .map(([ladder, number]) => ({ ladder, channel: number % ladder.rates.length }))
  // Faster channels would only make the test slow.
  .filter(({ ladder, channel }) => ladder.rates[channel]! / (ladder.symbolBytes + 96) / 8 < 10_000);
const anyLateness = fc.array(fc.nat(3000), { minLength: 1, maxLength: 20 });

describe('a channel of a ladder', () => {
  it('keeps its rate in every slot and over all slots, for any ladder and any delays of timers', () => {
    fc.assert(
      fc.property(anyChannel, anyLateness, ({ ladder, channel }, latenessUs) => {
        const all = departures(ladder, channel, { seconds: 4.1, latenessUs });
        const perSlot = 500_000 / intervalUs(ladder.rates[channel]!, ladder.symbolBytes);
        for (let slot = 0; slot < 8; slot++) {
          const late = (8 * 3000 * perSlot) / 500_000;
          expect(Math.abs(countBetween(all, slot * 500_000, (slot + 1) * 500_000) - perSlot)).toBeLessThan(late + 1.01);
        }
        const owed = (4 * perSlot * 3000) / 500_000;
        expect(Math.abs(countBetween(all, 0, 4e6) - 8 * perSlot)).toBeLessThan(owed + 1.01);
        const sequences = all.map(({ header }) => header.sequence);
        expect(sequences).toEqual(sequences.map((_, i) => (2 ** 32 - 5 + i) % 2 ** 32));
        expect(all.map(({ header }) => header.esi)).toEqual(sequences.map((_, i) => i));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps its rate exactly over minutes', () => {
    const all = departures({ ...usual, rates: [1e6 / 3, 1.1e6, 77e3] }, 0, {
      seconds: 180,
      latenessUs: [0, 700, 2100],
    });
    expect(Math.abs(all.length - 6000)).toBeLessThanOrEqual(1);
  });

  it('keeps its rate when a preview of four times 100 Mbit/s needs several departures for each tick of a timer', () => {
    const ladder: Ladder = { rates: [100e6, 300e6], mode: 'several', symbolBytes: 1154 };
    const all = departures(ladder, 0, { seconds: 5, latenessUs: [1000] });
    // Of eight slots, only the last permits the step.
    const previewed = all.filter(({ header }) => (header.flags & Flag.preview) !== 0);
    // The rate rises by three times itself, so the preview takes a ninth of the usual time.
    expect(Math.abs(previewed.length - 444)).toBeLessThan(50);
    expect(Math.abs(countBetween(all, 0, 4.5e6) - 45_000)).toBeLessThan(30);
  });

  it('marks every datagram with its slot and with the step level that the ladder permits in the slot', () => {
    fc.assert(
      fc.property(anyChannel, fc.nat(65_535), anyLateness, ({ ladder, channel }, first, latenessUs) => {
        const wall = (passed: number) => WALL_US + first * 500_000 + passed;
        const plan = new StepPlan(ladder);
        for (const { atUs, header } of departures(ladder, channel, { seconds: 2.2, wall, latenessUs })) {
          const slot = (first + Math.floor(atUs / 500_000)) % 65_536;
          expect([header.slot, header.stepLevel]).toEqual([slot, plan.stepLevel(slot)]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has the same step levels on two servers whose clocks agree, however long the servers have been running', () => {
    const marksOf = (startUs: number) => {
      const all = departures(usual, 1, { seconds: 9, startUs });
      return new Map(all.map(({ atUs, header }) => [Math.floor(atUs / 500_000), [header.slot, header.stepLevel]]));
    };
    expect(marksOf(0)).toEqual(marksOf(2 ** 40 + 12_345));
    expect([...marksOf(0).values()].map(([, level]) => level)).toContain(4);
  });
});

describe('the train of a ladder', () => {
  it('has the planned number of datagrams in a departure of its own, 200 ms into every slot, and no others are flagged', () => {
    fc.assert(
      fc.property(anyLadder, anyLateness, (ladder, latenessUs) => {
        const plan = new StepPlan(ladder);
        const channel = plan.channelOrder[0]!;
        fc.pre(ladder.rates[channel]! / (ladder.symbolBytes + 96) / 8 < 10_000);
        const all = departures(ladder, channel, { seconds: 2.5, wall: (passed) => WALL_US + passed, latenessUs });
        const trains = flagged(all, Flag.train);
        // The server does not know that it began at the beginning of slot 0, so it sends no train in that slot.
        expect(trains).toHaveLength(plan.trainLength === 0 ? 0 : 4);
        for (const [i, train] of trains.entries()) {
          expect(train).toHaveLength(plan.trainLength);
          expect(new Set(train.map(({ batch }) => batch)).size).toBe(1);
          expect(all.filter(({ batch }) => batch === train[0]!.batch)).toHaveLength(plan.trainLength);
          const lateUs = train[0]!.atUs - (i + 1) * 500_000 - 200_000;
          expect(lateUs).toBeGreaterThanOrEqual(0);
          expect(lateUs).toBeLessThanOrEqual(Math.max(...latenessUs));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is on the slowest channel of a replicated ladder and on the first of a layered one', () => {
    const trainsOf = (mode: Ladder['mode'], channel: number) =>
      flagged(departures({ rates: [4e6, 1e6, 2e6], mode, symbolBytes: 1154 }, channel, { seconds: 3 }), Flag.train)
        .length;
    expect([0, 1, 2].map((channel) => trainsOf('best', channel))).toEqual([0, 5, 0]);
    expect([0, 1, 2].map((channel) => trainsOf('several', channel))).toEqual([5, 0, 0]);
  });

  it('is left out when the disk or the host is late; its datagrams then leave without the flag', () => {
    const late = departures(usual, 0, { seconds: 20, readUs: 115_000 });
    const trains = flagged(late, Flag.train);
    expect(trains.length).toBeGreaterThan(0);
    expect(trains.length).toBeLessThan(38);
    expect(trains.every((train) => train.length === 12)).toBe(true);
    const asleep = departures(usual, 0, { seconds: 20, latenessUs: [...Array<number>(60).fill(0), 220_000] });
    expect(flagged(asleep, Flag.train).every((train) => train.length === 12)).toBe(true);
    expect(Math.abs(asleep.length - 2000)).toBeLessThan(25);
  });
});

describe('the preview of a ladder', () => {
  /** Datagrams a second that a receiver of a level gets in the previews of a slot. */
  function shownTo(level: number, slot: number): number {
    const plan = new StepPlan(usual);
    const previewUs = plan.previewUs(plan.stepLevel(slot));
    const flaggedOnes = plan.channelOrder
      .slice(0, level)
      .map((channel) => departures(usual, channel, { seconds: 8 }).filter(({ header }) => header.slot === slot))
      .map((all) => all.filter(({ header }) => (header.flags & Flag.preview) !== 0));
    for (const all of flaggedOnes) {
      for (const { atUs } of all) expect(atUs % 500_000).toBeGreaterThanOrEqual(500_000 - previewUs);
    }
    return (flaggedOnes.reduce((sum, all) => sum + all.length, 0) * 1e6) / previewUs;
  }

  it('shows each level the rate of the next level, to one datagram for each channel', () => {
    // Levels of 100, 200, 400 and 700 datagrams a second.
    const slot = 7;
    expect(new StepPlan(usual).stepLevel(slot)).toBe(4);
    for (const [level, next] of [200, 400, 700].entries()) {
      expect(Math.abs(shownTo(level + 1, slot) - next)).toBeLessThanOrEqual((level + 1) * 31);
    }
  });

  it('is flagged also on channels whose rate it keeps or lowers, but not on the last channel', () => {
    const ladder: Ladder = { rates: [2e6, 2e6, 2e6, 1e6, 1e6], mode: 'several', symbolBytes: 1154 };
    const plan = new StepPlan(ladder);
    const slot = 7;
    const counts = ladder.rates.map((_, channel) => {
      const all = departures(ladder, channel, { seconds: 4.5 }).filter(({ header }) => header.slot === slot);
      return all.filter(({ header }) => (header.flags & Flag.preview) !== 0).length;
    });
    expect(plan.stepLevel(slot)).toBe(5);
    // The first level is shown twice its rate, so the preview takes a third of the usual time.
    const expected = [40, 20, 10, 10, 0].map((count) => count / 3);
    for (const [channel, count] of counts.entries())
      expect(Math.abs(count - expected[channel]!)).toBeLessThanOrEqual(1);
    expect(counts[4]).toBe(0);
  });
});

describe('a channel whose wall clock jumps', () => {
  it('sends no burst and leaves no gap, and has the marks of the new time from the next slot on', () => {
    for (const jumpUs of [-86_400e6, -777_000, -200_000, -12_000, 12_000, 200_000, 333_000, 1e6, 86_400e6]) {
      const wall = (passed: number) => WALL_US + passed + (passed >= 3_123_000 ? jumpUs : 0);
      const all = departures(usual, 0, { seconds: 8, wall });
      // This is the end of a slot of the new time.
      const endUs = 7.5e6 - (((jumpUs % 500_000) + 500_000) % 500_000);
      expect(Math.abs(countBetween(all, 0, endUs) - endUs / 10_000)).toBeLessThanOrEqual(1);
      const others = all.filter(({ header }) => (header.flags & Flag.train) === 0);
      const gaps = others.slice(1).map(({ atUs }, i) => atUs - others[i]!.atUs);
      expect(Math.min(...gaps)).toBeGreaterThan(4900);
      // The lowest rate between: of 500 ms the train takes 120 ms, and a preview of twice the rate in 100 ms takes 200 ms.
      expect(Math.max(...gaps)).toBeLessThan(10_000 / 0.45 + 10);
      for (const { atUs, header } of all.filter((one) => one.atUs >= 3_500_000)) {
        expect(header.slot).toBe(Math.floor((wall(atUs) / 500_000) % 65_536));
      }
    }
  });
});
