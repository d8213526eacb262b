import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathHistory } from '../../../dist/rate/measuring/path-history.js';
import { type StreamReading, sumsOf } from '../../../dist/rate/measuring/readings.js';
import { reading } from '../readings.js';
import { wrapped } from './naive-window.js';

/** Read in time. */
const AT_LEISURE = { unreadCount: 0, droppedCount: 0, latenessUs: 0 };
const LATE = { ...AT_LEISURE, latenessUs: 30_000 };

const KEPT = 64;
const TICK_US = 50_000;

interface Kept {
  readonly atUs: number;
  readonly receivedCount: number;
  readonly lostCount: number;
  readonly wireBytes: number;
  readonly queueUs: number;
  readonly meanQueueUs: number;
}

/** All that ever came, and every question answered by looking through it. */
class NaiveHistory {
  readonly #floors = new Map<number, number>();
  readonly #all: Kept[] = [];

  add(atUs: number, readings: readonly StreamReading[], isDistorted: boolean): void {
    const heard = readings.filter(({ receivedCount }) => receivedCount > 0);
    const told = isDistorted ? [] : heard;
    const queues = new Map<number, number[]>();
    const means: number[] = [];
    for (const { serverIndex, minDelayUs, meanExcessUs } of told) {
      const floor = Math.min(minDelayUs, this.#floors.get(serverIndex) ?? Number.POSITIVE_INFINITY);
      this.#floors.set(serverIndex, floor);
      const queue = minDelayUs - floor;
      queues.set(serverIndex, [...(queues.get(serverIndex) ?? []), queue]);
      means.push(queue + meanExcessUs);
    }
    const before = this.#all.at(-1) ?? { queueUs: 0, meanQueueUs: 0 };
    this.#all.push({
      atUs,
      receivedCount: sum(heard.map(({ receivedCount }) => receivedCount)),
      lostCount: sum(readings.map(({ lostCount, burstLostCount }) => lostCount - burstLostCount)),
      wireBytes: sum(heard.map(({ wireBytes }) => wireBytes)),
      queueUs: queues.size > 0 ? Math.max(...[...queues.values()].map((all) => Math.min(...all))) : before.queueUs,
      meanQueueUs: means.length > 0 ? Math.max(...means) : before.meanQueueUs,
    });
  }

  /** The kept ones after `sinceUs`, up to `untilUs`. */
  between(sinceUs: number, untilUs = Number.POSITIVE_INFINITY): readonly Kept[] {
    return this.#all.slice(-KEPT).filter(({ atUs }) => atUs > sinceUs && atUs <= untilUs);
  }

  /** Sums need to know when the reading before the first came: one fewer. */
  sums(sinceUs: number) {
    const kept = this.#all.slice(-KEPT);
    const counted = (kept.length === KEPT ? kept.slice(1) : kept).filter(({ atUs }) => atUs > sinceUs);
    const first = counted[0] === undefined ? -1 : this.#all.indexOf(counted[0]);
    const spanUs = first > 0 ? this.#all.at(-1)!.atUs - this.#all[first - 1]!.atUs : 0;
    return {
      receivedCount: sum(counted.map(({ receivedCount }) => receivedCount)),
      lostCount: sum(counted.map(({ lostCount }) => lostCount)),
      bitsPerSecond: spanUs > 0 ? (sum(counted.map(({ wireBytes }) => wireBytes)) * 8e6) / spanUs : 0,
    };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

describe('the history of a path', () => {
  it('answers as if everything were kept, up to its 64 readings', () => {
    const anyReading = fc
      .record({
        serverIndex: fc.nat(2),
        channelIndex: fc.nat(3),
        receivedCount: fc.oneof(fc.constant(0), fc.nat(100)),
        lostCount: fc.nat(20),
        minDelayUs: fc.nat(400_000),
        meanExcessUs: fc.nat(9000),
      })
      .map((part) => reading({ ...part, burstLostCount: Math.floor(part.lostCount / 2) }));
    const tick = fc.record({
      afterUs: fc.oneof(fc.constant(TICK_US), fc.integer({ min: 1, max: 120_000 })),
      // Something came each time: outages are another matter.
      readings: fc
        .array(anyReading, { maxLength: 4 })
        .map((some) => [...some, reading({ receivedCount: 1, channelIndex: 4 })]),
      isDistorted: fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, { arbitrary: fc.boolean(), weight: 1 }),
    });
    const question = fc.tuple(fc.nat(5e6), fc.nat(5e6));
    fc.assert(
      fc.property(fc.array(tick, { maxLength: 150 }), fc.array(question, { maxLength: 4 }), (ticks, questions) => {
        const history = new PathHistory();
        const naive = new NaiveHistory();
        let nowUs = 1e9;
        for (const { afterUs, readings, isDistorted } of ticks) {
          nowUs += afterUs;
          history.add(nowUs, sumsOf(readings), isDistorted ? LATE : AT_LEISURE);
          naive.add(nowUs, readings, isDistorted);
        }
        for (const [ageUs, otherUs] of [...questions, [0, 0] as const, [5e6, 0] as const]) {
          const [sinceUs, untilUs] = [nowUs - Math.max(ageUs, otherUs), nowUs - Math.min(ageUs, otherUs)];
          const queues = naive.between(sinceUs, untilUs).map(({ queueUs }) => queueUs);
          expect(history.queueUs(sinceUs, untilUs)).toBe(queues.length === 0 ? 0 : Math.min(...queues));
          const after = naive.between(sinceUs);
          expect(history.queueSince(sinceUs)).toBeCloseTo(mean(after.map(({ queueUs }) => queueUs)), 6);
          expect(history.meanQueueSince(sinceUs)).toBeCloseTo(mean(after.map((one) => one.meanQueueUs)), 6);
          expect(history.sums(sinceUs)).toEqual(naive.sums(sinceUs));
          expect(history.firstLossUs(sinceUs)).toBe(after.find(({ lostCount }) => lostCount > 0)?.atUs);
        }
        const last = naive.between(nowUs - 1)[0];
        if (last === undefined) return;
        const { receivedCount, lostCount, meanQueueUs } = history;
        expect([receivedCount, lostCount, meanQueueUs]).toEqual([last.receivedCount, last.lostCount, last.meanQueueUs]);
      }),
      { numRuns: 200 },
    );
  });

  it('has nothing to say before the first reading', () => {
    const history = new PathHistory();
    expect([history.queueUs(0), history.queueSince(0), history.meanQueueSince(0)]).toEqual([0, 0, 0]);
    expect(history.sums(0)).toEqual({ receivedCount: 0, lostCount: 0, bitsPerSecond: 0 });
  });

  it('holds the queue of the fullest server, and forgets one that is silent', () => {
    const history = new PathHistory();
    const both = (first: number, second: number) => [
      reading({ minDelayUs: first }),
      reading({ serverIndex: 1, minDelayUs: second }),
    ];
    history.add(TICK_US, sumsOf(both(1000, wrapped(-5000))), AT_LEISURE);
    history.add(2 * TICK_US, sumsOf(both(2000, 25_000)), AT_LEISURE);
    expect(history.queueUs(TICK_US)).toBe(30_000);
    history.add(3 * TICK_US, sumsOf([reading({ minDelayUs: 3000 })]), AT_LEISURE);
    expect(history.queueUs(2 * TICK_US)).toBe(2000);
  });

  it('holds the least queue of the channels of a server: the others meet in bursts', () => {
    const history = new PathHistory();
    const both = (busyUs: number, quietUs: number) => [
      reading({ receivedCount: 5, minDelayUs: quietUs }),
      reading({ channelIndex: 1, receivedCount: 20, minDelayUs: busyUs }),
    ];
    history.add(TICK_US, sumsOf(both(1000, 1000)), AT_LEISURE);
    history.add(2 * TICK_US, sumsOf(both(31_000, 2000)), AT_LEISURE);
    expect([history.queueUs(TICK_US), history.queueNowUs]).toEqual([1000, 1000]);
  });

  it('knows no queue of a reading whose delays this host caused, or that brought nothing', () => {
    const history = new PathHistory();
    expect(history.queueNowUs).toBe(-1);
    history.add(TICK_US, sumsOf([reading()]), AT_LEISURE);
    expect(history.queueNowUs).toBe(0);
    history.add(2 * TICK_US, sumsOf([reading({ minDelayUs: 9000 })]), LATE);
    expect(history.queueNowUs).toBe(-1);
    history.add(3 * TICK_US, sumsOf([]), AT_LEISURE);
    expect(history.queueNowUs).toBe(-1);
  });

  it('holds the least queue of two hundred milliseconds, or of as long as it is told', () => {
    const history = new PathHistory();
    for (let i = 1; i <= 20; i++) {
      history.add(i * TICK_US, sumsOf([reading({ minDelayUs: i <= 14 ? 0 : 50_000 })]), AT_LEISURE);
    }
    expect(history.standingQueueUs).toBe(50_000);
    history.setPeriod(200_000);
    expect(history.standingQueueUs).toBe(0);
  });

  it('still knows a queue after a restart, whose channels notice it in turn, some have and others never heard before', () => {
    const history = new PathHistory();
    const channel = (channelIndex: number, epoch: number, minDelayUs: number) =>
      reading({ channelIndex, epoch, minDelayUs });
    history.add(TICK_US, sumsOf([channel(0, 0, 1000), channel(1, 0, 1000)]), AT_LEISURE);
    history.add(2 * TICK_US, sumsOf([channel(0, 1, 700_000), channel(1, 1, 700_000)]), AT_LEISURE);
    // A channel that was joined since: its own first beginning.
    for (let i = 3; i < 10; i++) {
      const delayUs = 700_000 + (i - 2) * 10_000;
      history.add(
        i * TICK_US,
        sumsOf([channel(0, 1, delayUs), channel(1, 1, delayUs), channel(2, 0, delayUs)]),
        AT_LEISURE,
      );
    }
    expect(history.queueUs(8 * TICK_US)).toBe(70_000);
  });
});
