import { describe, expect, it } from 'vitest';
import { type Congestion, type CongestionInput, congestionOf } from '../../../dist/rate/deciding/overload.js';
import { emptyQueueUs, lowQueueUs } from '../../../dist/rate/deciding/retreats.js';
import { AmbientLoss } from '../../../dist/rate/measuring/ambient-loss.js';
import { PathHistory } from '../../../dist/rate/measuring/path-history.js';
import { sumsOf } from '../../../dist/rate/measuring/readings.js';
import { RULES } from '../../../dist/rate/rules.js';
import { reading } from '../readings.js';

/** Read in time. */
const AT_LEISURE = { unreadCount: 0, droppedCount: 0, latenessUs: 0 };

const TICK_US = 50_000;
const PACKET_US = 2000;
/** Of packets of 10,000 bits. */
const LEVEL_RATE = 5e6;

interface Moment {
  readonly queueMs?: number;
  readonly lossRatio?: number;
  /** Mbit/s. */
  readonly arrived?: number;
}

/** Ambient loss after a thousand datagrams on the lowest level. */
function ambientOf(ratio: number): AmbientLoss {
  const ambient = new AmbientLoss();
  for (let i = 0; i < 10; i++) ambient.add(i * TICK_US, 100 * (1 - ratio), 100 * ratio);
  ambient.settle();
  return ambient;
}

/** What is wrong at the end of three seconds in which the path was like this, `atS` seconds before the end. */
function judge(pathAt: (beforeS: number) => Moment, part: Partial<CongestionInput> = {}): Congestion | undefined {
  const history = new PathHistory();
  const nowUs = 1e9;
  history.add(nowUs - 4e6, sumsOf([reading({ minDelayUs: 0 })]), AT_LEISURE);
  for (let atUs = nowUs - 3e6; atUs <= nowUs; atUs += TICK_US) {
    const { queueMs = 0, lossRatio = 0, arrived = 5 } = pathAt((nowUs - atUs) / 1e6);
    const receivedCount = (arrived * 1e6 * (TICK_US / 1e6)) / 10_000;
    const lostCount = (receivedCount * lossRatio) / (1 - lossRatio);
    history.add(
      nowUs + (atUs - nowUs),
      sumsOf([reading({ receivedCount, lostCount, minDelayUs: queueMs * 1000 })]),
      AT_LEISURE,
    );
  }
  const ambient = ambientOf(part.ambientLossRatio ?? 0);
  return congestionOf(history, {
    rules: RULES,
    nowUs,
    freshUs: nowUs - 3e6,
    packetUs: PACKET_US,
    serviceUs: PACKET_US,
    periodUs: 0,
    levelBitsPerSecond: LEVEL_RATE,
    ambientLossRatio: 0,
    isBucket: false,
    isBreathing: false,
    lossLimit: (leastRatio, count, isQueued) => ambient.limit(leastRatio, count, isQueued),
    excessLoss: undefined,
    leaveLatencyUs: 500_000,
    isContended: false,
    isTrial: false,
    isNew: false,
    ...part,
  });
}

describe('congestion', () => {
  it('is not found on a path that carries the level, with the queue of a burst now and then', () => {
    expect(judge(() => ({}))).toBeUndefined();
    expect(judge((beforeS) => ({ queueMs: Math.round(beforeS * 20) % 5 === 0 ? 60 : 0 }))).toBeUndefined();
  });

  it('is found when much is lost, with a text and a rate below what arrives', () => {
    const congestion = judge(() => ({ lossRatio: 0.3, arrived: 3.5, queueMs: 60 }))!;
    expect(congestion).toMatchObject({ what: '30 % lost', isMild: false });
    expect(congestion.rateBitsPerSecond).toBeLessThan(3.2e6);
    expect(congestion.rateBitsPerSecond).toBeGreaterThan(1.5e6);
  });

  it('gives a rate just below what arrives and was not lost by chance, where no queue has to drain', () => {
    const policed = judge(() => ({ lossRatio: 0.3, arrived: 3.5 }))!;
    expect(policed).toMatchObject({ what: '30 % lost', isMild: false });
    expect(policed.rateBitsPerSecond).toBeLessThan(3.5e6);
    expect(policed.rateBitsPerSecond).toBeGreaterThan(0.95 * 3.5e6);
    const ambientLossRatio = 0.1;
    const lossy = judge(() => ({ lossRatio: 0.5, arrived: 2.7 }), { ambientLossRatio })!;
    expect(lossy.rateBitsPerSecond).toBeLessThan(3e6);
    expect(lossy.rateBitsPerSecond).toBeGreaterThan(0.95 * 3e6);
  });

  it('gives a rate just below what has arrived since the first loss, where no queue has to drain: before it, a bucket let more pass', () => {
    const emptied = judge((beforeS) => (beforeS > 0.4 ? {} : { lossRatio: 0.4, arrived: 3 }))!;
    expect(emptied.rateBitsPerSecond).toBeLessThan(3e6);
    expect(emptied.rateBitsPerSecond).toBeGreaterThan(0.95 * 3e6);
  });

  it('is not found by a train that overflows a short queue at the beginning of a level', () => {
    const lostAtFirst = (beforeS: number) => (beforeS < 0.05 ? { lossRatio: 0.3, queueMs: 20 } : {});
    const isTrial = true;
    expect(judge(lostAtFirst, { isTrial, freshUs: 1e9 - 50_000 })).toBeUndefined();
    const lostUntilNow = () => ({ lossRatio: 0.3, queueMs: 20 });
    expect(judge(lostUntilNow, { isTrial, freshUs: 1e9 - 100_000 })).toMatchObject({ what: '30 % lost' });
  });

  it('is found within a fifth of a second when half is lost', () => {
    expect(judge((beforeS) => ({ lossRatio: beforeS < 0.2 ? 0.5 : 0 }))).toBeDefined();
  });

  it('is found within a fifth of a second for less where there is a queue; without one a burst of losses is no overload', () => {
    const burst = (queueMs: number) => (beforeS: number) => ({ lossRatio: beforeS < 0.2 ? 0.3 : 0, queueMs });
    expect(judge(burst(15))?.what).toMatch(/lost$/);
    expect(judge(burst(0))).toBeUndefined();
    expect(judge(() => ({ lossRatio: 0.3 }))?.what).toBe('30 % lost');
  });

  it('is found for less loss where it is more than on lower levels, but not beside other traffic', () => {
    const lossy = () => ({ lossRatio: 0.02 });
    expect(judge(lossy)).toBeUndefined();
    const excessLoss = { lossRatio: 0.021, mostLossRatio: 0.015 };
    const congestion = judge(lossy, { excessLoss })!;
    expect(congestion).toMatchObject({ what: '2.1 % lost, more than on lower levels', isMild: false });
    expect(congestion.rateBitsPerSecond).toBeLessThan(LEVEL_RATE);
    expect(congestion.rateBitsPerSecond).toBeGreaterThan(0.95 * LEVEL_RATE);
    expect(congestion.compared).toEqual({ ...excessLoss, ambientLossRatio: 0 });
    expect(judge(lossy, { excessLoss, isContended: true })).toBeUndefined();
  });

  it('is not found for ambient loss, nor for losses among a few datagrams', () => {
    expect(judge(() => ({ lossRatio: 0.3 }), { ambientLossRatio: 0.3 })).toBeUndefined();
    expect(judge(() => ({ lossRatio: 0.05 }))).toBeUndefined();
    expect(judge(() => ({ lossRatio: 0.5, arrived: 0.05 }))).toBeUndefined();
  });

  it('is found sooner in a trial', () => {
    const lossy = () => ({ lossRatio: 0.08 });
    expect([judge(lossy), judge(lossy, { isTrial: true })?.what]).toEqual([undefined, '8 % lost']);
    const rising = (beforeS: number) => ({ queueMs: Math.max(0, 38 - 100 * beforeS) });
    expect([judge(rising), judge(rising, { isTrial: true })?.isMild]).toEqual([undefined, true]);
  });

  it('is found when a queue grows quickly', () => {
    const congestion = judge((beforeS) => ({ queueMs: Math.max(0, 100 * (0.8 - beforeS)), arrived: 4 }))!;
    expect(congestion.what).toMatch(/^queue \d+ ms and rising$/);
    expect(congestion.isMild).toBe(true);
    expect(congestion.rateBitsPerSecond).toBeLessThan(4e6);
  });

  it('is found for a long queue that stays, and not for one that drains', () => {
    expect(judge(() => ({ queueMs: 150 }))).toMatchObject({ what: 'queue 150 ms', isMild: true });
    expect(judge((beforeS) => ({ queueMs: 150 + 40 * beforeS }))).toBeUndefined();
  });

  it('is found for a shorter queue that stays with a new level, but not for one that previews leave', () => {
    expect(judge(() => ({ queueMs: 45 }))).toBeUndefined();
    expect(judge(() => ({ queueMs: 45 }), { isNew: true })).toMatchObject({ what: 'queue 45 ms', isMild: true });
    expect(judge(() => ({ queueMs: 35 }), { isNew: true })).toBeUndefined();
  });

  it('is found for a short queue that is never empty and overflows', () => {
    const lossy = { queueMs: 15, lossRatio: 0.02 };
    expect(judge(() => lossy)).toMatchObject({ what: '2 % lost, with a standing queue', isMild: true });
    expect(judge((beforeS) => ({ ...lossy, queueMs: beforeS > 0.4 && beforeS < 0.6 ? 0 : 15 }))).toBeUndefined();
    expect(judge(() => lossy, { ambientLossRatio: 0.02 })).toBeUndefined();
  });

  it('says what was compared, and that the bound was crossed', () => {
    const found = [
      judge(() => ({ lossRatio: 0.3, arrived: 3.5, queueMs: 60 })),
      judge((beforeS) => ({ queueMs: Math.max(0, 100 * (0.8 - beforeS)), arrived: 4 })),
      judge(() => ({ queueMs: 150 })),
      judge(() => ({ queueMs: 45 }), { isNew: true }),
      judge(() => ({ queueMs: 15, lossRatio: 0.02 })),
    ].map((congestion) => congestion!.compared);
    expect(found.map((compared) => Object.keys(compared))).toEqual([
      ['lossRatio', 'mostLossRatio'],
      ['queueMs', 'mostQueueMs', 'grownMs', 'mostGrownMs'],
      ['queueMs', 'mostQueueMs', 'leastQueueMs'],
      ['queueMs', 'mostQueueMs'],
      ['lossRatio', 'mostLossRatio', 'queueMs', 'leastQueueMs'],
    ]);
    expect(found.every(({ lossRatio = 1, mostLossRatio = 0 }) => lossRatio > mostLossRatio)).toBe(true);
    expect(found.every(({ queueMs = 1, mostQueueMs = 0 }) => queueMs > mostQueueMs)).toBe(true);
    expect(found.every(({ queueMs = 1, leastQueueMs = 0 }) => queueMs >= leastQueueMs)).toBe(true);
  });

  it('is not found in readings from before the level changed', () => {
    const nowUs = 1e9;
    const past = (beforeS: number) => (beforeS > 0.5 ? { lossRatio: 0.5, queueMs: 300 } : {});
    expect(judge(past, { freshUs: nowUs - 500_000 })).toBeUndefined();
  });

  it('beside other traffic is not found for a queue or some loss, but for very high loss', () => {
    const isContended = true;
    expect(judge(() => ({ queueMs: 200 }), { isContended })).toBeUndefined();
    expect(judge(() => ({ queueMs: 200, lossRatio: 0.15 }), { isContended })).toBeUndefined();
    expect(judge(() => ({ queueMs: 200, lossRatio: 0.4 }), { isContended })).toMatchObject({ what: '40 % lost' });
  });

  it('gives a lower rate the longer the queue is, and never less than a fifth of what arrives', () => {
    const rates = [120, 400, 3000].map((queueMs) => judge(() => ({ queueMs, arrived: 5 }))!.rateBitsPerSecond);
    expect(rates).toEqual(rates.toSorted((a, b) => b - a));
    expect(rates[0]).toBeLessThanOrEqual(0.9 * 5e6 * 1.01);
    expect(rates[2]! / 5e6).toBeCloseTo(0.2, 1);
  });

  it('gives at least three fifths of what arrives where the capacity moves by itself: it will soon be more', () => {
    const rates = [120, 3000].map(
      (queueMs) => judge(() => ({ queueMs, arrived: 5 }), { isBreathing: true })!.rateBitsPerSecond,
    );
    expect(rates[0]).toBeGreaterThan(0.6 * 5e6);
    expect(rates[1]! / 5e6).toBeCloseTo(0.6, 1);
  });

  it('gives a higher rate where a full queue loses packets and the link is a token bucket: that queue grows no more', () => {
    const full = (isBucket: boolean) =>
      judge(() => ({ queueMs: 100, lossRatio: 0.2, arrived: 4 }), { isBucket })!.rateBitsPerSecond;
    // What is left of 0.7 s after 0.1 s; otherwise a quarter of the leave latency is added to that.
    expect([full(true) / 4e6, full(false) / 4e6]).toEqual([
      expect.closeTo(6 / 7, 5),
      expect.closeTo(1 - 0.225 / 0.7, 5),
    ]);
  });

  it('counts queues in periods of a link that serves in turns, and does not find waiting for a turn', () => {
    expect([lowQueueUs(RULES, 100, 100_000), emptyQueueUs(RULES, 100, 100_000)]).toEqual([180_000, 150_000]);
    expect([lowQueueUs(RULES, 100, 1000), emptyQueueUs(RULES, 100, 1000)]).toEqual([20_000, 4000]);
    const waiting = () => ({ queueMs: 120 });
    expect(judge(waiting)).toMatchObject({ what: 'queue 120 ms' });
    expect(judge(waiting, { periodUs: 100_000 })).toBeUndefined();
    expect(judge(() => ({ queueMs: 400 }), { periodUs: 100_000 })).toMatchObject({ what: 'queue 400 ms' });
  });

  it('counts queues in packets if packets take long', () => {
    expect([lowQueueUs(RULES, 100, 0), lowQueueUs(RULES, 50_000, 0)]).toEqual([20_000, 150_000]);
    expect([emptyQueueUs(RULES, 100, 0), emptyQueueUs(RULES, 50_000, 0)]).toEqual([4000, 100_000]);
  });
});
