import { describe, expect, it } from 'vitest';
import { judgePreview } from '../../../dist/rate/measuring/preview.js';
import type { StreamReading } from '../../../dist/rate/measuring/readings.js';
import { StreamMeter } from '../../../dist/rate/measuring/stream-meter.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { seed, seeded } from '../../simulate/seed.js';
import { reading } from '../readings.js';

const PREVIEW_US = 100_000;

/** What a stream's preview of `count` datagrams shows when the queue grows by so much of the time. */
function shown(count: number, slope: number, noiseUs: number, prng: Prng, channel = 0, slot = 7): StreamReading {
  const meter = new StreamMeter(0, channel);
  for (let i = 0; i < count; i++) {
    const sendTimeUs = Math.round((i * PREVIEW_US) / count);
    const marks = { sequence: i, sendTimeUs, slot, stepLevel: 2 };
    meter.observe(marks, false, true, 1250, 1e6 + sendTimeUs * (1 + slope) + noiseUs * prng.ratio());
  }
  return meter.read();
}

describe('the verdict of a preview', () => {
  it(seeded('finds room where the queue does not grow, and none where it does'), () => {
    const prng = new Prng(seed).fork('previews');
    for (let i = 0; i < 200; i++) {
      const noiseUs = 500 * prng.ratio();
      expect(judgePreview(7, [shown(12, 0, noiseUs, prng)]).verdict).toBe('room');
      expect(judgePreview(7, [shown(12, 0.2, noiseUs, prng)]).verdict).toBe('no room');
      expect(judgePreview(7, [shown(12, -0.2, noiseUs, prng)]).verdict).toBe('room');
    }
  });

  it(seeded('adds up channels that each have too few datagrams, whatever their delays have between them'), () => {
    const prng = new Prng(seed).fork('channels');
    const channels = (slope: number) => [0, 1, 2].map((channel) => shown(4, slope, 100, prng, channel));
    expect(judgePreview(7, channels(0.2)).verdict).toBe('no room');
    expect(judgePreview(7, channels(0)).verdict).toBe('room');
    expect(judgePreview(7, channels(0.2).slice(0, 1)).verdict).toBe('unknown');
  });

  it(seeded('does not take for growth what may be noise'), () => {
    const prng = new Prng(seed).fork('noise');
    const verdicts = Array.from({ length: 200 }, () => judgePreview(7, [shown(12, 0, 40_000, prng)]).verdict);
    expect(verdicts.filter((verdict) => verdict === 'no room').length).toBeLessThan(20);
    expect(verdicts).not.toContain('unknown');
  });

  it(seeded('looks at the slot that ended and no other'), () => {
    const prng = new Prng(seed).fork('slots');
    expect(judgePreview(8, [shown(12, 0.2, 0, prng)]).verdict).toBe('unknown');
    expect(judgePreview(7, [reading(), shown(12, 0.2, 0, prng)]).verdict).toBe('no room');
    expect(judgePreview(-1, [reading()]).verdict).toBe('unknown');
  });

  it('knows nothing of datagrams that were all sent at once', () => {
    const meter = new StreamMeter(0, 0);
    for (let i = 0; i < 20; i++) {
      meter.observe({ sequence: i, sendTimeUs: 5, slot: 7, stepLevel: 2 }, false, true, 1250, 1e6 + i * 1000);
    }
    expect(judgePreview(7, [meter.read()]).verdict).toBe('unknown');
  });
});
