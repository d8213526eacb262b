import { describe, expect, it } from 'vitest';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, passesAt, passSeconds, SYMBOL_BYTES } from './bed.js';

/** Announcements come once a second. */
const ANNOUNCED_S = 1.01;

describe('one channel', () => {
  it.each([0, 1, SYMBOL_BYTES, SYMBOL_BYTES + 1, 40 * SYMBOL_BYTES, 1000 * SYMBOL_BYTES - 1])(
    seeded('brings %d bytes in one pass when nothing is lost'),
    async (sizeBytes) => {
      const bed = new Bed(`size ${sizeBytes}`);
      const object = bed.object(0, { content: bed.bytes(sizeBytes) });
      await bed.server().publish(object);
      const receiver = bed.receiver();
      const complete = await bed.completion(receiver, ANNOUNCED_S + passSeconds(Math.ceil(sizeBytes / SYMBOL_BYTES)));
      expectSafe(receiver, object, complete);
      expect([complete.lostDatagrams, complete.invalidDatagrams, complete.duplicateBytes]).toEqual([0, 0, 0]);
    },
  );

  it.each([1, 1184, 1185, 5 * 1184])(seeded('brings %d bytes in symbols of the default size'), async (sizeBytes) => {
    const bed = new Bed(`default ${sizeBytes}`);
    const object = bed.object(0, { content: bed.bytes(sizeBytes), symbolBytes: 1184, blockSymbols: 2 });
    await bed.server().publish(object);
    const receiver = bed.receiver();
    expectSafe(receiver, object, await bed.completion(receiver, 3));
  });

  it.each([0.01, 0.05, 0.1, 0.2])(seeded('fills the gaps of a random loss of %d in later passes'), async (loss) => {
    const bed = new Bed(`loss ${loss}`);
    const object = bed.object(500);
    await bed.server().publish(object);
    const receiver = bed.receiver({ host: { down: { loss } } });
    const complete = await bed.completion(receiver, 5 + passesAt(loss, 500) * passSeconds(500));
    expectSafe(receiver, object, complete);
    const lossRatio = complete.lostDatagrams / (complete.datagrams + complete.lostDatagrams);
    expect(lossRatio).toBeCloseTo(loss, 1);
  });

  it(seeded('outlasts bursts of loss that are longer than a block'), async () => {
    const bed = new Bed('bursts');
    const object = bed.object(500, { blockSymbols: 16 });
    await bed.server().publish(object);
    // A third of the time bad, for 50 packets on the average.
    const loss = { goodToBadRatio: 1 / 100, badToGoodRatio: 1 / 50 };
    const receiver = bed.receiver({ host: { down: { loss } } });
    const complete = await bed.completion(receiver, 5 + passesAt(1 / 3, 500) * passSeconds(500));
    expectSafe(receiver, object, complete);
    expect(complete.lostDatagrams).toBeGreaterThan(50);
  });

  it(seeded('takes datagrams that overtake each other, and counts duplicates'), async () => {
    const bed = new Bed('reordering');
    const object = bed.object(500);
    await bed.server().publish(object);
    const receiver = bed.receiver({ host: { down: { jitterUs: 200_000, jitterRatio: 0.3, duplicateRatio: 0.1 } } });
    const complete = await bed.completion(receiver, ANNOUNCED_S + 2 * passSeconds(500));
    expectSafe(receiver, object, complete);
    // What is under way at the end looks lost; reordering itself does not.
    expect(complete.lostDatagrams).toBeLessThan(30);
  });

  it(seeded('counts damaged datagrams by reason and keeps none of them'), async () => {
    const bed = new Bed('damage');
    const object = bed.object(300, { blockSymbols: 4 });
    await bed.server().publish(object);
    const receiver = bed.receiver({ host: { down: { damageRatio: 0.1 } } });
    // A block comes through a pass unharmed with 0.9^4 = 0.66; of 75, all have after ln(75 · 10,000) / -ln(0.34) = 13.
    const complete = await bed.completion(receiver, 1.01 + 13 * passSeconds(300));
    expectSafe(receiver, object, complete);
    // Most of the damage cuts a datagram short or flips payload bits, which only the block's digest can tell.
    expect(complete.invalid.outOfRange).toBeGreaterThan(0);
    expect(complete.rejectedBlocks).toBeGreaterThan(0);
  });

  it(seeded('is not slowed down by a clock that is wrong by a day and runs 100 ppm fast'), async () => {
    const bed = new Bed('clocks');
    const object = bed.object(500);
    await bed.server().publish(object);
    const receiver = bed.receiver({ host: { originUs: 1e12, wallErrorUs: 86_400e6, driftPpm: 100 } });
    const complete = await bed.completion(receiver, ANNOUNCED_S + passSeconds(500));
    expectSafe(receiver, object, complete);
    expect(complete.elapsedMs).toBeLessThan(1000 * (ANNOUNCED_S + passSeconds(500)));
  });

  it(seeded('fits through a bottleneck of exactly its rate'), async () => {
    const bed = new Bed('bottleneck');
    const object = bed.object(500);
    await bed.server().publish(object);
    // Announcements take their share beside the channel.
    const receiver = bed.receiver({ host: { down: { rateBitsPerSecond: 1.02e6, delayUs: 20_000 } } });
    const complete = await bed.completion(receiver, ANNOUNCED_S + 0.1 + passSeconds(500));
    expectSafe(receiver, object, complete);
    expect([receiver.host.down.counts.overflowCount, complete.lostDatagrams]).toEqual([0, 0]);
  });

  it(seeded('reports the loss when the bottleneck is too narrow, and finishes'), async () => {
    const bed = new Bed('too narrow');
    const object = bed.object(300);
    await bed.server().publish(object);
    const receiver = bed.receiver({ host: { down: { rateBitsPerSecond: 0.7e6, queueBytes: 5000 } } });
    const complete = await bed.completion(receiver, 30 * passSeconds(300));
    expectSafe(receiver, object, complete);
    const overflowCount = receiver.host.down.counts.overflowCount;
    expect(complete.lostDatagrams).toBeGreaterThan(0.9 * overflowCount - 20);
    expect(complete.lostDatagrams).toBeLessThanOrEqual(overflowCount);
  });

  it(seeded('leaves its groups when it is done, so that its link falls silent'), async () => {
    const bed = new Bed('silence');
    const object = bed.object(100);
    await bed.server().publish(object);
    const receiver = bed.receiver({ host: { graftDelayUs: 5000, leaveLatencyUs: 500_000 } });
    await bed.completion(receiver, 4);
    await bed.pass(0.5);
    const { carriedCount } = receiver.host.down.counts;
    await bed.pass(5);
    expect(receiver.host.down.counts.carriedCount).toBe(carriedCount);
  });
});
