import { describe, expect, it } from 'vitest';
import type { ObjectPlan } from '../../dist/simulate/index.js';
import { codedDatagram } from '../receiver/datagrams.js';
import { seeded } from '../simulate/seed.js';
import { attack, dataGroupOf } from './attack.js';
import { Bed, expectSafe, MEGABIT } from './bed.js';

const TEN_MEGABIT: Partial<ObjectPlan> = {
  code: 'raptorq',
  blockSymbols: 4000,
  channels: [{ rateBitsPerSecond: 10 * MEGABIT }],
};

/** Seconds that a transfer of eight seconds takes, while a stranger sends a tenth of all datagrams from `address`. */
async function secondsOf(forgedRatio: number): Promise<{ readonly seconds: number; readonly lossRatio: number }> {
  const bed = new Bed('strewn');
  const object = bed.object(8000, { ...TEN_MEGABIT, isSigned: true });
  await bed.server().publish(object);
  const prng = bed.network.prng.fork('stranger');
  if (forgedRatio > 0) {
    attack(bed, dataGroupOf(object), 1000 / forgedRatio, () => {
      const payload = prng.fill(new Uint8Array(object.descriptor.symbolBytes));
      return codedDatagram(object, prng.below(2), prng.below(2 ** 24), { payload, sequence: prng.next() });
    });
  }
  const receiver = bed.receiver();
  const lossRatios: number[] = [];
  receiver.on('progress', ({ lossRatio }) => lossRatios.push(lossRatio));
  const complete = await bed.completion(receiver, 60);
  expectSafe(receiver, object, complete);
  expect(complete.invalid.outOfRange).toBeUndefined();
  return { seconds: complete.elapsedMs / 1000, lossRatio: Math.max(...lossRatios) };
}

describe('ESIs strewn over their range', () => {
  it(seeded('by a stranger who sends a tenth of all symbols cost only the time of the rejected symbols'), async () => {
    const undisturbed = await secondsOf(0);
    const disturbed = await secondsOf(0.1);
    expect(disturbed.seconds).toBeLessThan(1.2 * undisturbed.seconds);
    expect(disturbed.lossRatio).toBeLessThan(0.2);
  });

  it.each([
    [25, 6],
    [16, 12],
    [32, 20],
  ])(seeded('by %d channels of %d servers are all taken'), async (channelCount, serverCount) => {
    const bed = new Bed(`arcs ${channelCount} ${serverCount}`);
    const object = bed.object(4000, {
      code: 'raptorq',
      blockSymbols: 4000,
      channels: Array.from({ length: channelCount }, () => ({ rateBitsPerSecond: 0.1 * MEGABIT })),
      servers: Array.from({ length: serverCount }, (_, i) => ({ name: `server ${i}`, address: `fd00:5::${i + 1}` })),
    });
    for (let index = 0; index < serverCount; index++) await bed.server(index).publish(object);
    const receiver = bed.receiver({ channels: Array.from({ length: channelCount }, (_, i) => i) });
    const complete = await bed.completion(receiver, 60);
    expectSafe(receiver, object, complete);
    expect(complete.invalid).toEqual({});
    expect(complete.overhead).toBeLessThan(0.01);
  });

  it(seeded('by a carousel that a receiver hears only for moments are all taken'), async () => {
    const bed = new Bed('rare wakes');
    const object = bed.object(6000, {
      code: 'raptorq',
      blockSymbols: 6000,
      channels: [{ rateBitsPerSecond: MEGABIT }],
    });
    await bed.server().publish(object);
    const disk = bed.disk();
    // Awake for 1.5 s, of which one passes until the announcement; then away for as long as a run over 2048 ESIs takes.
    for (let wake = 0; wake < 300; wake++) {
      const receiver = bed.receiver({ name: `wake ${wake}`, disk });
      await bed.pass(1.3);
      expect(receiver.stats()?.invalid ?? {}).toEqual({});
      receiver.abort();
      await bed.pass(22);
      if (disk.completed !== undefined) return;
    }
    expect(disk.completed).toBeDefined();
  });
});
