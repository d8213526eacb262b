import { beforeAll, describe, expect, it } from 'vitest';
import { layersOf, thirdsLevels } from '../../dist/rate/ladder/ladder.js';
import type { Prng } from '../../dist/simulate/random/prng.js';
import { Flag, type Header } from '../../dist/wire/header.js';
import { seeded } from '../simulate/seed.js';
import { Bed } from './bed.js';
import { LightReceiver } from './light-receiver.js';

const levels = thirdsLevels(500e3, 16e6);

type Forge = (header: Header, prng: Prng) => void;

const forgeries: readonly (readonly [string, Forge])[] = [
  ['permissions for all', (header) => Object.assign(header, { stepLevel: 32 })],
  ['slots at random', (header, prng) => Object.assign(header, { slot: prng.below(65_536) })],
  [
    'slots far ahead now and then',
    (header, prng) => {
      if (prng.happens(0.001)) header.slot = (header.slot + prng.below(30_000)) % 65_536;
    },
  ],
  [
    'flags at random',
    (header, prng) => {
      if (prng.happens(0.3)) header.flags ^= Flag.train;
      if (prng.happens(0.3)) header.flags ^= Flag.preview;
    },
  ],
  ['trains without end', (header) => Object.assign(header, { flags: header.flags | Flag.train })],
  ['neither trains nor previews', (header) => Object.assign(header, { flags: 0 })],
  [
    'everything at once',
    (header, prng) => {
      header.stepLevel = 32;
      header.slot = prng.below(65_536);
      if (prng.happens(0.5)) header.flags ^= Flag.train;
      if (prng.happens(0.5)) header.flags ^= Flag.preview;
    },
  ],
];

/** A receiver behind so many Mbit/s, all of whose datagrams somebody forges, after 30 s. */
async function run(megabits: number, mode: 'several' | 'best', forge?: Forge) {
  const bed = new Bed(`forged marks ${megabits} ${mode}`);
  const rates = mode === 'several' ? layersOf(levels) : levels;
  const object = bed.object(2000, { mode, channels: rates.map((rateBitsPerSecond) => ({ rateBitsPerSecond })) });
  await bed.server().publish(object);
  const down = { rateBitsPerSecond: megabits * 1e6, queueBytes: megabits * 12_500, delayUs: 10_000 };
  const line = bed.network.addLink({ name: 'line', down, leaveLatencyUs: 200_000 });
  const prng = bed.network.prng.fork('forger');
  const host = bed.host('light', { below: 'line' });
  const receiver = new LightReceiver(bed, object, host, { forge: (header) => forge?.(header, prng) });
  await bed.pass(30);
  const { carriedCount, overflowCount } = line.down.counts;
  return { receiver, lossRatio: overflowCount / (carriedCount + overflowCount) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe.each([
  ['several', 7.3],
  ['best', 3.1],
] as const)('forged marks, mode %s behind %d Mbit/s', (mode, megabits) => {
  const best = levels.findLast((level) => level <= megabits * 1e6)!;
  const above = levels.slice(levels.indexOf(best) + 1);
  let honestMean = 0;
  beforeAll(async () => {
    const { receiver, lossRatio } = await run(megabits, mode);
    honestMean = mean(receiver.between(15));
    expect(honestMean / best).toBeGreaterThan(0.95);
    expect(lossRatio).toBeLessThan(0.005);
  });

  it.each(forgeries)(seeded('lead to no higher level, and to no more loss: %s'), async (_, forge) => {
    const { receiver, lossRatio } = await run(megabits, mode, forge);
    expect(mean(receiver.between(15))).toBeLessThan(1.1 * honestMean);
    // Who hears no train has to try; of replicated channels each comes late and is judged by a moment of it.
    expect(Math.max(...receiver.levelRates)).toBeLessThanOrEqual(above[mode === 'best' ? 1 : 0]!);
    expect(lossRatio).toBeLessThan(0.02);
    expect(Math.min(...receiver.levelRates)).toBeGreaterThan(0);
  });

  it(seeded('that are rare cost next to nothing'), async () => {
    const rarely: Forge = (header, prng) => {
      if (prng.happens(0.0005)) for (const [, forge] of forgeries) forge(header, prng);
    };
    const { receiver } = await run(megabits, mode, rarely);
    expect(mean(receiver.between(15)) / honestMean).toBeGreaterThan(0.85);
  });
});
