import { describe, expect, it, test } from 'vitest';
import { clairvoyant } from '../../bench/rate/links/clairvoyant.js';
import type { Departures } from '../../bench/rate/links/departures.js';
import { bestFixedLevel } from '../../bench/rate/links/fixed-level.js';
import { tcpAlone } from '../../bench/rate/links/tcp-alone.js';
import { playTrial } from '../../bench/rate/trial.js';
import { RULES } from '../../dist/rate/rules.js';
import { CapacityTrace, type LinkOptions } from '../../dist/simulate/index.js';

/** Channels of 1 Mbit/s each, packets of 1250 bytes every 10 ms. */
function sent(channelCount: number, seconds: number): Departures {
  const channels = Array.from({ length: channelCount * seconds * 100 }, (_, index) => index % channelCount);
  return {
    atUs: channels.map((channel, index) => Math.floor(index / channelCount) * 10_000 + 100 * channel),
    channels,
    bytes: channels.map(() => 1250),
  };
}

describe('the best fixed level', () => {
  const levels = [1e6, 2e6, 3e6, 4e6, 5e6];
  const shaper = (rateBitsPerSecond: number, burstBytes: number): LinkOptions => {
    return { rateBitsPerSecond, queueBytes: 20_000, discipline: { kind: 'tokenBucket', burstBytes } };
  };

  it('is the highest that a link carries, whatever its bucket has saved up', () => {
    // 20 % too much for 20 s is 1 MB.
    for (const burstBytes of [2000, 1e6]) {
      const best = bestFixedLevel(sent(5, 20), levels, shaper(3.3e6, burstBytes), 3.3e6);
      expect(best).toMatchObject({ rateBitsPerSecond: 3e6, dropRatio: 0 });
      expect(best.goodputBitsPerSecond / 3e6).toBeCloseTo(1, 2);
    }
  });

  it('may lose 1 %', () => {
    const lossOf = (rate: number) => bestFixedLevel(sent(5, 20), levels, shaper(rate, 2000), rate);
    expect(lossOf(3.98e6).rateBitsPerSecond).toBe(4e6);
    expect(lossOf(3.98e6).dropRatio).toBeGreaterThan(0);
    expect(lossOf(3.9e6).rateBitsPerSecond).toBe(3e6);
  });

  it('is the lowest where even that loses more', () => {
    expect(bestFixedLevel(sent(5, 20), levels, shaper(0.7e6, 2000), 0.7e6)).toMatchObject({ rateBitsPerSecond: 1e6 });
  });
});

describe('a receiver that knows the future', () => {
  const at = (times: readonly number[]) => new CapacityTrace(Uint32Array.from(times));
  /** 3.4 Mbit/s for 4 s, nothing for a second, 3.4 Mbit/s for 5 s. */
  const busy = (fromMs: number, toMs: number) =>
    Array.from({ length: Math.floor((toMs - fromMs) / 3.5) }, (_, index) => fromMs + Math.floor(3.5 * index));
  const gap = at([...busy(0, 4000), ...busy(5000, 10_000), 10_000]);
  const common = { trace: gap, offsetUs: 0, levelCount: 3, seconds: 10 };

  it('takes all that fits, and leaves in time for an outage', () => {
    const figures = clairvoyant(sent(3, 10), { ...common, queueBytes: 250_000, leaveLatencyMs: 500 });
    // It looks no further than its leaves reach, and so fills the queue at the beginning of the outage.
    expect(figures.dropRatio).toBeLessThan(0.02);
    expect(figures.goodputBitsPerSecond).toBeGreaterThan(2.3e6);
    expect(figures.arrivedBitsPerSecond).toBeGreaterThan(figures.goodputBitsPerSecond);
    expect(figures.arrivedBitsPerSecond).toBeLessThan(3e6);
  });

  it('gets less the longer its leaves take', () => {
    const with_ = (leaveLatencyMs: number) =>
      clairvoyant(sent(3, 10), { ...common, queueBytes: 130_000, leaveLatencyMs });
    expect(with_(2000).goodputBitsPerSecond).toBeLessThan(with_(100).goodputBitsPerSecond - 0.1e6);
  });

  it('drops what even the lowest level cannot keep', () => {
    const figures = clairvoyant(sent(3, 10), { ...common, queueBytes: 62_500, leaveLatencyMs: 100 });
    // Half of a second of the lowest level finds no room.
    expect(figures.dropRatio * 10e6).toBeGreaterThan(0.1e6);
    expect(figures.dropRatio).toBeLessThan(0.05);
  });
});

test('TCP alone fills a shaper, and its queue', async () => {
  const link: LinkOptions = {
    rateBitsPerSecond: 10e6,
    queueBytes: 125_000,
    discipline: { kind: 'tokenBucket', burstBytes: 16_000 },
  };
  const { goodputBitsPerSecond, queue95Ms } = await tcpAlone(link, 5, 15);
  expect(goodputBitsPerSecond / 10e6).toBeGreaterThan(0.95);
  expect(goodputBitsPerSecond / 10e6).toBeLessThanOrEqual(1.01);
  expect(queue95Ms).toBeGreaterThan(60);
  expect(queue95Ms).toBeLessThanOrEqual(100);
});

test('a trial records what came to a link, wanted or not', async () => {
  const discipline = { kind: 'policer', burstBytes: 16_000 } as const;
  const { departures, samples } = await playTrial(
    {
      seed: 'test',
      seconds: 6,
      channels: [0.5e6, 0.5e6, 1e6],
      bottlenecks: [{ rateBitsPerSecond: 0.3e6, queueMs: 0, leaveLatencyMs: 100, discipline }],
      recorded: { seconds: 4, channelCount: 2 },
    },
    RULES,
  );
  const { atUs, channels, bytes } = departures;
  const bitsOf = (channel: number) => 8 * bytes.reduce((sum, one, i) => sum + (channels[i] === channel ? one : 0), 0);
  expect([0, 1, 2].map((channel) => Math.round(bitsOf(channel) / 4 / 0.5e6))).toEqual([1, 1, 0]);
  expect(atUs.every((us, index) => us >= (atUs[index - 1] ?? 0) && us < 4e6)).toBe(true);
  const { carriedBytes, overflowCount } = samples.at(-1)!.links[0]!;
  expect(carriedBytes * 8).toBeLessThanOrEqual((6 + 5) * 0.3e6 + 16_000 * 8);
  expect(overflowCount).toBeGreaterThan(50);
});
