import { describe, expect, it } from 'vitest';
import type { ObjectPlan } from '../../dist/simulate/index.js';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, passSeconds, SYMBOL_BYTES } from './bed.js';

/** Announcements come once a second. */
const ANNOUNCED_S = 1.01;

/** A coded object of so many symbols, in one block unless told otherwise. */
function coded(bed: Bed, symbolCount: number, plan: Partial<ObjectPlan> = {}) {
  return bed.object(symbolCount, { code: 'raptorq', blockSymbols: symbolCount, ...plan });
}

/**
 * Seconds in which `symbolCount` symbols arrive at 1 Mbit/s and an independent loss: for k symbols, k / (1 − p) have to be
 * sent, with a standard deviation of √(k p) / (1 − p); four of them, for one run in 30,000.
 */
function secondsFor(symbolCount: number, loss: number): number {
  return passSeconds((symbolCount + 4 * Math.sqrt(symbolCount * loss)) / (1 - loss));
}

describe('one channel of coded symbols', () => {
  it.each([0, 1, SYMBOL_BYTES, SYMBOL_BYTES + 1, 40 * SYMBOL_BYTES, 40 * SYMBOL_BYTES - 1, 999 * SYMBOL_BYTES + 5])(
    seeded('brings %d bytes in the time that as many symbols take'),
    async (sizeBytes) => {
      const bed = new Bed(`coded size ${sizeBytes}`);
      const symbolCount = Math.ceil(sizeBytes / SYMBOL_BYTES);
      const object = coded(bed, Math.max(1, symbolCount), { content: bed.bytes(sizeBytes) });
      await bed.server().publish(object);
      const receiver = bed.receiver();
      // A block that K symbols do not determine wants one or two more.
      const complete = await bed.completion(receiver, ANNOUNCED_S + passSeconds(symbolCount + 3));
      expectSafe(receiver, object, complete);
      expect([complete.lostDatagrams, complete.invalidDatagrams, complete.rejectedBlocks]).toEqual([0, 0, 0]);
    },
  );

  it.each([0, 0.01, 0.05, 0.1, 0.2])(
    seeded('completes an object with hardly more than K symbols, whenever it is joined, at a loss of %d'),
    async (loss) => {
      const bed = new Bed(`coded loss ${loss}`);
      const object = coded(bed, 1000);
      await bed.server().publish(object);
      for (let run = 0; run < 4; run++) {
        await bed.pass(30 * bed.network.prng.ratio());
        const receiver = bed.receiver({ name: `run ${run}`, host: { down: { loss } } });
        const complete = await bed.completion(receiver, 3 * ANNOUNCED_S + secondsFor(1000, loss));
        expectSafe(receiver, object, complete);
        expect(complete.overhead).toBeLessThan(0.004);
      }
    },
  );

  it.each([0, 0.1, 0.2])(seeded('brings several blocks at about the same time, at a loss of %d'), async (loss) => {
    const bed = new Bed(`coded blocks ${loss}`);
    const object = coded(bed, 4000, { blockSymbols: 1000 });
    await bed.server().publish(object);
    const receiver = bed.receiver({ host: { down: { loss } } });
    const complete = await bed.completion(receiver, 3 * ANNOUNCED_S + secondsFor(4100, loss));
    expectSafe(receiver, object, complete);
    // Blocks that are ready hear on until the last is: half a run of 16, and of 4 blocks the unluckiest lags by 1 σ of its
    // own number, sqrt(1000 · p) / 1000; twice that.
    expect(complete.overhead).toBeLessThan(0.008 + 2 * Math.sqrt(loss / 1000));
  });

  it(seeded('brings 200 small blocks, of which some need one symbol more'), async () => {
    const bed = new Bed('coded many');
    const object = coded(bed, 1600, { content: bed.bytes(1600 * SYMBOL_BYTES - 700), blockSymbols: 8 });
    await bed.server().publish(object);
    const receiver = bed.receiver({ host: { down: { loss: 0.1 } } });
    // In two runs of 16, a block has 8 of 32 but for one in 10^20.
    const complete = await bed.completion(receiver, 3 + passSeconds(32 * 200));
    expectSafe(receiver, object, complete);
    expect(object.descriptor.blockCount).toBe(200);
  });

  it(seeded('outlasts bursts of loss that are longer than a block’s run'), async () => {
    const bed = new Bed('coded bursts');
    const object = coded(bed, 4000, { blockSymbols: 1000 });
    await bed.server().publish(object);
    // A third of the time bad, for 50 packets on the average: three runs of three blocks.
    const loss = { goodToBadRatio: 1 / 100, badToGoodRatio: 1 / 50 };
    const receiver = bed.receiver({ host: { down: { loss } } });
    const complete = await bed.completion(receiver, 3 + 1.2 * passSeconds(4000 * 1.5));
    expectSafe(receiver, object, complete);
    expect(complete.lostDatagrams).toBeGreaterThan(1000);
    // Some 40 bursts, each of about 16 symbols of a block that it hits: sqrt(40) · 16 / 2 of 1000, or 5 %; three of them.
    expect(complete.overhead).toBeLessThan(0.15);
  });

  it(seeded('takes datagrams that overtake each other, and counts duplicates and damaged datagrams'), async () => {
    const bed = new Bed('coded reordering');
    const object = coded(bed, 1000, { blockSymbols: 250 });
    await bed.server().publish(object);
    const down = { jitterUs: 200_000, jitterRatio: 0.3, duplicateRatio: 0.1 };
    const receiver = bed.receiver({ host: { down } });
    const complete = await bed.completion(receiver, ANNOUNCED_S + 1.1 * passSeconds(1000));
    expectSafe(receiver, object, complete);
    expect(complete.rejectedBlocks).toBe(0);
    const damaging = bed.receiver({ name: 'damaged', host: { down: { damageRatio: 0.002 } } });
    const repaired = await bed.completion(damaging, 2.1 + 6 * passSeconds(1000));
    expectSafe(damaging, object, repaired);
  });

  it(seeded('is solved from the symbols that a slow disk took, without those that it dropped'), async () => {
    const bed = new Bed('coded slow disk');
    const object = coded(bed, 1000, { blockSymbols: 500 });
    await bed.server().publish(object);
    // Half of the symbols that arrive.
    const disk = bed.disk({ bytesPerSecond: 50 * SYMBOL_BYTES, queueBytes: 20 * SYMBOL_BYTES, flushUs: 100_000 });
    const receiver = bed.receiver({ disk });
    const complete = await bed.completion(receiver, 3 + 1.1 * 2 * passSeconds(1000));
    expectSafe(receiver, object, complete);
    expect(complete.droppedDatagrams).toBeGreaterThan(800);
  });

  it(seeded('keeps the symbols on a full disk, and continues when there is room'), async () => {
    const bed = new Bed('coded full disk');
    const object = coded(bed, 1000, { blockSymbols: 250 });
    await bed.server().publish(object);
    const disk = bed.disk({ capacityBytes: 600 * SYMBOL_BYTES });
    const receiver = bed.receiver({ disk });
    expect(await bed.failure(receiver, 10)).toBe('DISK_FULL');
    expect(disk.violations).toEqual([]);
    const kept = disk.journalledBytes;
    expect(kept).toBeGreaterThan(500 * SYMBOL_BYTES);
    disk.options = { ...disk.options, capacityBytes: undefined };
    const again = bed.receiver({ name: 'again', disk });
    const complete = await bed.completion(again, ANNOUNCED_S + passSeconds(500));
    expectSafe(again, object, complete);
    expect(complete.resumedBytes).toBe(kept);
  });
});
