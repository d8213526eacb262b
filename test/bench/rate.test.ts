import { describe, expect, test } from 'vitest';
import { PARTS, rulesOf } from '../../bench/rate/ablation.js';
import { bestOf, Draw, LAYERS, LEVELS } from '../../bench/rate/draw.js';
import { heldMs, settledMs, shareOf } from '../../bench/rate/levels.js';
import {
  drainedMs,
  dropRatio,
  type Recording,
  rateBetween,
  SAMPLE_MS,
  worstSecond,
} from '../../bench/rate/recording.js';
import { atLeast, atMost, between, inTheMean, type Outcome, type Row } from '../../bench/rate/row.js';
import { missesOf, quantile, summaryOf, worstOf } from '../../bench/rate/summary.js';
import { playTrial, type Trial } from '../../bench/rate/trial.js';
import { averageRate } from '../../bench/rate-real/levels.js';
import { RULES, rulesFor } from '../../dist/rate/rules.js';

describe('a level', () => {
  // 1 Mbit/s from 1 s, 2 Mbit/s from 2 s with a trial of 4 Mbit/s from 5 s to 6 s.
  const steps = [
    { atMs: 1000, rateBitsPerSecond: 1e6 },
    { atMs: 2000, rateBitsPerSecond: 2e6 },
    { atMs: 5000, rateBitsPerSecond: 4e6 },
    { atMs: 6000, rateBitsPerSecond: 2e6 },
  ];

  test('is reached when it is held for two seconds', () => {
    expect(heldMs(steps, 1000, 9000, (rate) => rate >= 1e6)).toBe(0);
    expect(heldMs(steps, 1000, 9000, (rate) => rate === 2e6)).toBe(1000);
    expect(heldMs(steps, 3500, 9000, (rate) => rate === 2e6)).toBe(2500);
    expect(heldMs(steps, 1000, 9000, (rate) => rate === 4e6)).toBe(Number.POSITIVE_INFINITY);
    expect(heldMs(steps, 1000, 3500, (rate) => rate === 2e6)).toBe(Number.POSITIVE_INFINITY);
  });

  test('is settled on when it is near the one that prevails later', () => {
    expect(settledMs(steps, 1000, 4000, 9000)).toBe(1000);
    expect(settledMs([], 0, 4000, 9000)).toBe(Number.POSITIVE_INFINITY);
  });

  test('counts for no more than what it is a share of', () => {
    expect(shareOf(steps, 4000, 8000, 2e6)).toBe(1);
    expect(shareOf(steps, 0, 4000, 2e6)).toBe((0 + 0.5 + 1 + 1) / 4);
  });
});

describe('a recording', () => {
  // 100 packets a second pass; from 2 s to 3 s as many are dropped, and the queue stands at 50 ms from 2 s to 4 s.
  const recording: Recording = {
    steps: [],
    decisions: [],
    departures: { atUs: [], channels: [], bytes: [] },
    samples: Array.from({ length: 6000 / SAMPLE_MS + 1 }, (_, index) => {
      const atMs = index * SAMPLE_MS;
      const link = {
        carriedCount: atMs / 10,
        carriedBytes: atMs * 100,
        overflowCount: Math.min(100, Math.max(0, (atMs - 2000) / 10)),
        queueMs: atMs > 2000 && atMs < 4000 ? 50 : 0,
      };
      return { atMs, links: [link], heardBytes: [atMs * 50], flowBytes: [] };
    }),
  };

  test('has rates and drops between any two moments', () => {
    expect(rateBetween(recording, 1000, 5000, ({ heardBytes }) => heardBytes[0]!)).toBe(400_000);
    expect(dropRatio(recording, 1000, 5000)).toBe(100 / 500);
    expect(dropRatio(recording, 3000, 6000)).toBe(0);
  });

  test('knows its worst second', () => {
    expect(worstSecond(recording, 0, 6000)).toBe(0.5);
    expect(worstSecond(recording, 0, 2500)).toBe(50 / 150);
    expect(worstSecond(recording, 0, 900)).toBe(0);
  });

  test('has drained when no queue stands for a second', () => {
    expect(drainedMs(recording, 2000, 6000, 20)).toBe(2000 - SAMPLE_MS);
    expect(drainedMs(recording, 2000, 6000, 60)).toBe(0);
    expect(drainedMs(recording, 2000, 4500, 20)).toBe(Number.POSITIVE_INFINITY);
    // What is left of it after the beginning is no standing queue; and what comes later is another one.
    expect(drainedMs(recording, 3900, 6000, 20)).toBe(0);
    expect(drainedMs(recording, 500, 6000, 20)).toBe(0);
  });
});

describe('a summary', () => {
  const kind = { name: 'share', target: atLeast(0.9) };

  test('takes quantiles from the values themselves', () => {
    const values = [5, 1, 4, 2, 3];
    expect([0, 0.1, 0.5, 0.9, 1].map((share) => quantile(values, share))).toEqual([1, 1, 3, 5, 5]);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('keeps what never came out of the mean, and counts it as missed', () => {
    const summary = summaryOf({ name: 'share', target: atMost(2) }, [1, 3, Number.POSITIVE_INFINITY].map(outcomeOf));
    expect(summary).toMatchObject({ count: 3, mean: 2, neverCount: 1, metShare: 1 / 3, p90: Number.POSITIVE_INFINITY });
  });

  test('takes the geometric mean of ratios', () => {
    expect(summaryOf({ name: 'share', isRatio: true }, [0.5, 2].map(outcomeOf)).mean).toBe(1);
  });

  test('asks some figures for their mean only', () => {
    const outcomes = [0.8, 1].map(outcomeOf);
    expect(summaryOf(kind, outcomes).metShare).toBe(0.5);
    expect(summaryOf({ name: 'share', target: inTheMean(atLeast(0.9)) }, outcomes).metShare).toBe(1);
    expect(summaryOf({ name: 'share', target: inTheMean(atLeast(0.95)) }, outcomes).metShare).toBe(0);
  });

  test('finds the seeds that are farthest from what is to be reached, on either side', () => {
    const row: Row = {
      title: 'any',
      figures: [{ name: 'share', target: between(0.5, 2) }],
      play: async () => outcomeOf(1),
    };
    const outcomes = [1, 0.4, 20, 2.2].map(outcomeOf);
    expect(worstOf(row, outcomes, 5).map(({ figures }) => figures.share)).toEqual([20, 0.4, 2.2]);
    expect(worstOf(row, outcomes, 1)).toHaveLength(1);
    expect([...missesOf(row, outcomes[0]!)]).toEqual([]);
    expect([...missesOf(row, outcomeOf(Number.POSITIVE_INFINITY))]).toEqual([['share', 1]]);
  });
});

describe('what a seed draws', () => {
  test('goes through all combinations equally often', () => {
    const seen = new Map<string, number>();
    for (let seed = 1; seed <= 36; seed++) {
      const draw = new Draw('test', seed);
      const { queueMs, leaveLatencyMs } = draw.path(3);
      const key = `${draw.turn(['x', 'y', 'z'])} ${queueMs} ${leaveLatencyMs}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect(seen.size).toBe(18);
    expect([...seen.values()].every((count) => count === 2)).toBe(true);
  });

  test('is the highest level that fits, or the lowest of all', () => {
    expect(bestOf([1, 2, 4], 3)).toBe(2);
    expect(bestOf([1, 2, 4], 0.5)).toBe(1);
  });
});

describe('what is switched off or changed', () => {
  test('is off, with all constants as they were', () => {
    const rules = rulesOf({ without: 'trains,backOff' });
    expect(rules).toEqual({ ...RULES, switches: { ...RULES.switches, trains: false, backOff: false } });
    expect(rulesOf({})).toEqual(RULES);
  });

  test('is a constant of a group', () => {
    const rules = rulesOf({ without: 'delay', constants: 'climb.startStepUs=450000,overload.margin=0' });
    expect([rules.climb.startStepUs, rules.overload.margin, rules.switches.delay]).toEqual([450_000, 0, false]);
    expect(rules.deaf).toEqual(RULES.deaf);
  });

  test('is switched off in the rules of a degree of caution', () => {
    const { switches, ...rest } = rulesOf({ without: 'delay', caution: 'low' });
    expect({ ...rest, switches: { ...switches, delay: rulesFor('low').switches.delay } }).toEqual(rulesFor('low'));
    expect(switches.delay).toBe(false);
    expect(() => rulesOf({ caution: 'much' })).toThrow('no caution is called "much"');
  });

  test.each([
    ['luck', undefined, 'nothing is called "luck"'],
    [undefined, 'luck.margin=1', 'no rules are called "luck"'],
    [undefined, 'overload.luck=1', 'no rule is called "overload.luck"'],
    [undefined, 'switches.trains=0', 'no rule is called "switches.trains"'],
    [undefined, 'overload.margin=much', 'overload.margin=much names no number'],
  ])('is known: %s, %s', (without, constants, message) => {
    expect(() => rulesOf({ without, constants })).toThrow(message);
  });

  test.each(PARTS)('leaves a receiver that finds something without %s', async (part) => {
    const trial = { seed: 'test', seconds: 1, channels: [0.5e6, 0.5e6] };
    const bottlenecks = [{ rateBitsPerSecond: 1.2e6, queueMs: 100, leaveLatencyMs: 100 }];
    const { steps } = await playTrial({ ...trial, bottlenecks }, rulesOf({ without: part }));
    expect(steps[0]!.length).toBeGreaterThan(0);
  });
});

describe('a trial', () => {
  const alone: Trial = {
    seed: 'test',
    seconds: 12,
    channels: [0.5e6, 0.5e6, 1e6],
    bottlenecks: [{ rateBitsPerSecond: 1.2e6, queueMs: 100, leaveLatencyMs: 100 }],
  };

  /** Levels that are far above what a link carries take the servers' time, and no receiver goes there. */
  const layersTo8Mbit = LAYERS.slice(0, LEVELS.filter((level) => level <= 8e6).length);

  test('is the same each time, and another with another seed', async () => {
    const [first, again, other] = await Promise.all(
      [alone, alone, { ...alone, seed: 'other' }].map((trial) => playTrial(trial, RULES)),
    );
    expect(first!.steps).toEqual(again!.steps);
    expect(first!.samples.at(-1)).toEqual(again!.samples.at(-1));
    // Both climb to the one level that fits, so only the datagrams tell them apart.
    expect(first!.samples.at(-1)).not.toEqual(other!.samples.at(-1));
  });

  test('hears each server over its own link only', async () => {
    const narrow = { rateBitsPerSecond: 0.1e6, queueMs: 100, leaveLatencyMs: 100 };
    const [wide, dry] = (
      await playTrial({ ...alone, serverCount: 2, ssm: true, bottlenecks: [alone.bottlenecks[0]!, narrow] }, RULES)
    ).samples.at(-1)!.links;
    // Of 0.5 Mbit/s most is lost on the narrow link; the other carries one server's datagrams, and loses nothing like it.
    expect(dry!.carriedBytes * 8).toBeLessThan(13 * 0.1e6);
    expect(dry!.overflowCount).toBeGreaterThan(100);
    expect(wide!.carriedBytes * 8).toBeGreaterThan(8 * 0.5e6);
    expect(wide!.overflowCount).toBeLessThan(dry!.overflowCount / 4);
  });

  test.each([
    ['the slower of two links', [3e6, 8e6], 2 * bestOf(LEVELS, 3e6)],
    ['one link', [3e6], 2 * bestOf(LEVELS, 1.5e6)],
  ])('of two servers on the same channels finds what %s carries of both', async (_, rates, best) => {
    const bottlenecks = rates.map((rateBitsPerSecond) => ({ rateBitsPerSecond, queueMs: 100, leaveLatencyMs: 100 }));
    const trial = { ...alone, seconds: 30, channels: layersTo8Mbit, serverCount: 2, bottlenecks };
    const { steps } = await playTrial(trial, RULES);
    expect(averageRate(steps[0]!, 15_000, 30_000) / best).toBeCloseTo(1, 1);
  });

  test('ends for a receiver that goes', async () => {
    const { steps, samples } = await playTrial({ ...alone, receivers: [{ untilS: 5 }] }, RULES);
    expect(steps[0]!.at(-1)).toEqual({ atMs: 5000, rateBitsPerSecond: 0 });
    expect(samples.at(-1)!.heardBytes).toEqual(samples[5200 / SAMPLE_MS]!.heardBytes);
  });
});

function outcomeOf(share: number): Outcome {
  return { seed: 1, group: '', conditions: '', figures: { share }, decisions: [] };
}
