import { describe, expect, it } from 'vitest';
import { seeded } from '../simulate/seed.js';
import { Bed, MEGABIT } from './bed.js';
import { LightReceiver } from './light-receiver.js';

const channels = Array.from({ length: 6 }, () => ({ rateBitsPerSecond: MEGABIT }));

/** A host that cannot take more than so many Mbit/s: the rest of what comes in a tick is dropped here. */
async function overtaxed(title: string, megabits: number, seconds: number) {
  const bed = new Bed(title);
  const object = bed.object(2000, { channels });
  await bed.server().publish(object);
  const host = bed.host('slow');
  const local = () => {
    const surplus = Math.max(0, (receiver.levelRates.at(-1) ?? 0) / MEGABIT - megabits);
    // 100 datagrams a second and Mbit/s, in ticks of a twentieth.
    return { unreadCount: 0, droppedCount: Math.round(surplus * 5), latenessUs: 0 };
  };
  const receiver: LightReceiver = new LightReceiver(bed, object, host, { local });
  await bed.pass(seconds);
  return receiver;
}

describe('a host that cannot take all datagrams', () => {
  it(seeded('goes down to a lower level, gives itself as the reason, and rarely tries the level again'), async () => {
    const receiver = await overtaxed('slow host', 3.3, 40);
    const leaves = receiver.moves.filter(({ action }) => action === 'leave');
    expect(new Set(leaves.map(({ reason }) => reason.replace(/^.*: /, '')))).toEqual(
      new Set(['this host drops datagrams because it cannot keep up']),
    );
    const late = receiver.between(20);
    expect(late.filter((rate) => rate <= 3 * MEGABIT).length).toBeGreaterThan(0.6 * late.length);
    expect(Math.max(...late)).toBeLessThanOrEqual(5 * MEGABIT);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(2 * MEGABIT);
  });

  it(
    seeded('leaves once for a moment in which its disk is behind, and is back on its level ten seconds later'),
    async () => {
      const bed = new Bed('busy disk');
      const object = bed.object(2000, { channels });
      await bed.server().publish(object);
      let tick = 0;
      // A tenth of what comes, from the tenth second on, for a fifth of a second.
      const local = () => ({ unreadCount: 0, droppedCount: ++tick > 200 && tick <= 204 ? 3 : 0, latenessUs: 0 });
      const receiver = new LightReceiver(bed, object, bed.host('behind'), { local });
      await bed.pass(20);
      expect(receiver.moves.filter(({ action }) => action === 'leave')).toHaveLength(1);
      expect(receiver.between(5, 10).at(-1)).toBeCloseTo(6 * MEGABIT, 0);
      expect(receiver.levelRates.at(-1)).toBeCloseTo(6 * MEGABIT, 0);
    },
  );

  it(seeded('is not disturbed by a few drops, nor by ticks that are late'), async () => {
    const bed = new Bed('late ticks');
    const object = bed.object(2000, { channels });
    await bed.server().publish(object);
    let tick = 0;
    const local = () => {
      tick++;
      return { unreadCount: 0, droppedCount: tick % 40 === 0 ? 1 : 0, latenessUs: tick % 7 === 0 ? 80_000 : 0 };
    };
    const receiver = new LightReceiver(bed, object, bed.host('busy'), { local });
    await bed.pass(20);
    expect(receiver.moves.filter(({ action }) => action === 'leave')).toEqual([]);
    expect(receiver.levelRates.at(-1)).toBeCloseTo(6 * MEGABIT, 0);
  });

  it(seeded('does not take datagrams for a queue that waited because the host itself was late'), async () => {
    const bed = new Bed('busy host');
    const object = bed.object(2000, { channels });
    await bed.server().publish(object);
    const line = bed.network.addLink({ name: 'line', down: { rateBitsPerSecond: 20e6, queueBytes: 250_000 } });
    const local = () => ({ unreadCount: 0, droppedCount: 0, latenessUs: line.down.options.delayUs ?? 0 });
    const receiver = new LightReceiver(bed, object, bed.host('busy', { below: 'line' }), { local });
    await bed.pass(5);
    expect(receiver.levelRates.at(-1)).toBeCloseTo(6 * MEGABIT, 0);
    // From now on all datagrams come 300 ms later, and each tick is reported to be 300 ms late.
    line.down.change({ delayUs: 300_000 });
    await bed.pass(8);
    expect(receiver.moves.filter(({ action }) => action === 'leave')).toEqual([]);
  });
});
