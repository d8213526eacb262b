import { describe, expect, it } from 'vitest';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, passSeconds, SYMBOL_BYTES } from './bed.js';

/** What a crash can cost: a checkpoint each half second and 50 ms for it, at 100 symbols a second. */
const AT_RISK_COUNT = 70;

describe('a receiver of coded symbols that loses power', () => {
  it.each([0, 0.1])(
    seeded('continues with the guests in its journal, twelve times, and receives no symbol twice; loss %d'),
    async (loss) => {
      const bed = new Bed(`coded crashes ${loss}`);
      const object = bed.object(2000, { code: 'raptorq', blockSymbols: 1000 });
      await bed.server().publish(object);
      // All symbols are repair symbols, so all are guests.
      await bed.pass(90);
      const disk = bed.disk({ flushUs: 50_000, readUs: 5000, restoreUs: 30_000 });
      let [kept, receivedCount] = [0, 0];
      for (let run = 0; run < 12; run++) {
        const receiver = bed.receiver({ name: `run ${run}`, disk, host: { down: { loss } } });
        await bed.pass(1.2 + 1.6 * bed.network.prng.ratio());
        const stats = receiver.stats();
        receiver.die();
        expect(disk.violations).toEqual([]);
        if (stats === undefined) continue;
        expect([stats.resumedBytes, stats.duplicateBytes]).toEqual([kept, 0]);
        const newCount = stats.payloadBytes / SYMBOL_BYTES;
        expect(disk.journalledBytes).toBeGreaterThanOrEqual(kept + (newCount - AT_RISK_COUNT) * SYMBOL_BYTES);
        receivedCount += newCount;
        kept = disk.journalledBytes;
      }
      expect(disk.journalledGuestCount).toBeGreaterThan(500);
      const last = bed.receiver({ name: 'last', disk, host: { down: { loss } } });
      const complete = await bed.completion(last, 2.1 + (1.1 * passSeconds(2000 - kept / SYMBOL_BYTES)) / (1 - loss));
      expectSafe(last, object, complete);
      expect([complete.resumedBytes, complete.rejectedBlocks]).toEqual([kept, 0]);
      receivedCount += complete.payloadBytes / SYMBOL_BYTES;
      // Beyond what any transfer takes: what each of twelve crashes cost.
      expect(receivedCount).toBeLessThan(2000 * 1.03 + 12 * AT_RISK_COUNT);
      expect(complete.overhead).toBeLessThan(0.03);
    },
  );

  it.each([0.1, 0.6, 1.1, 1.6, 2.1, 2.6, 3.1])(
    seeded('while blocks are being restored, after %d s, keeps every symbol that was in its place'),
    async (seconds) => {
      const bed = new Bed(`coded crash while restoring ${seconds}`);
      const object = bed.object(600, { code: 'raptorq', blockSymbols: 300 });
      await bed.server().publish(object);
      // Of each block, a second to forget its guests and a second to write it.
      const disk = bed.disk({ restoreUs: 2e6, flushUs: 10_000 });
      const before = bed.receiver({ disk, host: { down: { loss: 0.1 } } });
      let isLeaving = false;
      before.on('leave', () => {
        isLeaving = true;
      });
      let ownBytes = 0;
      const observe = () => {
        const bytes = disk.journalledBytes - disk.journalledGuestCount * SYMBOL_BYTES;
        expect(bytes).toBeGreaterThanOrEqual(ownBytes);
        ownBytes = bytes;
      };
      for (let i = 0; i < 150 && !isLeaving; i++) {
        await bed.pass(0.1);
        observe();
      }
      expect(isLeaving).toBe(true);
      await bed.pass(seconds);
      before.die();
      observe();
      expect(ownBytes).toBeGreaterThan(200 * SYMBOL_BYTES);
      const last = bed.receiver({ name: 'last', disk });
      const complete = await bed.completion(last, 2.1 + 4.5 + passSeconds(600 - ownBytes / SYMBOL_BYTES + 32));
      expectSafe(last, object, complete);
      expect(complete.rejectedBlocks).toBe(0);
    },
  );

  it(seeded('is not misled by guests that were being written when the power failed'), async () => {
    const bed = new Bed('coded garbage');
    const object = bed.object(400, { code: 'raptorq', blockSymbols: 400 });
    await bed.server().publish(object);
    await bed.pass(90);
    // No checkpoint ends before the crash, so all bytes that it leaves are garbage.
    const disk = bed.disk({ flushUs: 10e6 });
    const receiver = bed.receiver({ disk });
    await bed.pass(3);
    receiver.die();
    expect(disk.journalledBytes).toBe(0);
    disk.options = { ...disk.options, flushUs: 0 };
    const again = bed.receiver({ name: 'again', disk });
    const complete = await bed.completion(again, 1.01 + passSeconds(403));
    expectSafe(again, object, complete);
    expect([complete.resumedBytes, complete.rejectedBlocks]).toEqual([0, 0]);
  });

  it(seeded('with every symbol in its journal as guests needs no datagram of the object but digests'), async () => {
    const bed = new Bed('coded all there');
    const object = bed.object(500, { code: 'raptorq', blockSymbols: 500 });
    await bed.server().publish(object);
    await bed.pass(90);
    const disk = bed.disk({ readUs: 3e6 });
    const receiver = bed.receiver({ disk });
    for (let i = 0; i < 100 && disk.journalledBytes < 500 * SYMBOL_BYTES; i++) await bed.pass(0.1);
    receiver.die();
    expect(disk.journalledGuestCount).toBeGreaterThan(400);
    const again = bed.receiver({ name: 'again', disk });
    const complete = await bed.completion(again, 1.01 + 7);
    expectSafe(again, object, complete);
    // A block that is being proven takes no symbols: those that arrive meanwhile count as duplicates.
    expect(complete.resumedBytes).toBe(500 * SYMBOL_BYTES);
    expect(complete.payloadBytes - complete.duplicateBytes).toBeLessThanOrEqual(2 * SYMBOL_BYTES);
  });
});
