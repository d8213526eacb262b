import { describe, expect, it } from 'vitest';
import { SymbolSet } from '../../dist/object/symbol-set.js';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, newBytesOf, passSeconds, SYMBOL_BYTES } from './bed.js';

describe('a receiver that loses power', () => {
  it(seeded('continues from the last checkpoint, twenty times, and never receives a verified byte again'), async () => {
    const bed = new Bed('crashes');
    const object = bed.object(1500, { blockSymbols: 32 });
    await bed.server().publish(object);
    const disk = bed.disk({ flushUs: 50_000 });
    let kept = 0;
    for (let run = 0; run < 20; run++) {
      const receiver = bed.receiver({ name: `run ${run}`, disk, host: { down: { loss: 0.02 } } });
      await bed.pass(1 + bed.network.prng.ratio());
      const stats = receiver.stats();
      receiver.die();
      if (stats === undefined) continue;
      expect(stats.resumedBytes).toBe(kept);
      // A checkpoint each half second, and 50 ms for it: no more than this is lost.
      const atRisk = 0.7 * 100 * SYMBOL_BYTES;
      expect(disk.journalledBytes).toBeGreaterThanOrEqual(kept + newBytesOf(stats, object) - atRisk);
      kept = disk.journalledBytes;
      expect(disk.violations).toEqual([]);
    }
    expect(kept).toBeGreaterThan(300 * SYMBOL_BYTES);
    const last = bed.receiver({ name: 'last', disk, host: { down: { loss: 0.02 } } });
    const complete = await bed.completion(last, 3 + 4 * passSeconds(1500));
    expectSafe(last, object, complete);
    expect(complete.resumedBytes).toBe(kept);
    expect(complete.rejectedBlocks).toBe(0);
  });

  it.each([true, false])(
    seeded('with everything on disk receives nothing more; blocks verified: %s'),
    async (isVerified) => {
      const bed = new Bed('all on disk');
      const object = bed.object(100, { blockSymbols: 10 });
      await bed.server().publish(object);
      const disk = bed.disk();
      const [symbols, blocks] = [new SymbolSet(100), new SymbolSet(10)];
      symbols.addRun(0, 100);
      if (isVerified) blocks.addRun(0, 10);
      disk.prepare(object.descriptor, symbols, blocks);
      const receiver = bed.receiver({ disk });
      let joinCount = 0;
      receiver.on('join', () => joinCount++);
      const complete = await bed.completion(receiver, 1.01);
      expectSafe(receiver, object, complete);
      expect(complete.resumedBytes).toBe(100 * SYMBOL_BYTES);
      if (isVerified) expect([joinCount, complete.datagrams]).toEqual([0, 0]);
    },
  );

  it(seeded('is not misled by bytes that were being written when the power failed'), async () => {
    const bed = new Bed('garbage');
    const object = bed.object(400, { blockSymbols: 400 });
    await bed.server().publish(object);
    // No checkpoint ends before the crash, so all bytes that it leaves are garbage.
    const disk = bed.disk({ flushUs: 10e6 });
    const receiver = bed.receiver({ disk });
    await bed.pass(4);
    receiver.die();
    expect(disk.journalledBytes).toBe(0);
    disk.options = { ...disk.options, flushUs: 0 };
    const again = bed.receiver({ name: 'again', disk });
    const complete = await bed.completion(again, 1.01 + passSeconds(400));
    expectSafe(again, object, complete);
    expect([complete.resumedBytes, complete.rejectedBlocks]).toEqual([0, 0]);
  });
});

describe('a receiver that is stopped', () => {
  it(seeded('keeps all that it has received'), async () => {
    const bed = new Bed('stopped');
    const object = bed.object(400);
    await bed.server().publish(object);
    const receiver = bed.receiver({ disk: bed.disk({ flushUs: 20_000 }) });
    await bed.pass(3);
    receiver.abort();
    await bed.failure(receiver, 1);
    const stats = receiver.stats()!;
    expect(newBytesOf(stats, object)).toBeGreaterThan(100 * SYMBOL_BYTES);
    expect(receiver.disk.journalledBytes).toBe(newBytesOf(stats, object));
  });

  it(seeded('while it joins ends with the given reason and no other error'), async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    const bed = new Bed('stopped while joining');
    await bed.server().publish(bed.object(400));
    const receiver = bed.receiver({ host: { membershipUs: 200_000 } });
    await bed.pass(1.1);
    receiver.abort();
    // Joining takes a while yet. Node looks for rejections that nobody handles in each turn of its event loop.
    await new Promise(setImmediate);
    expect(await bed.failure(receiver, 2)).toBe('ABORTED');
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it(seeded('by its own time limit reports that and keeps its progress'), async () => {
    const bed = new Bed('deadline');
    await bed.server().publish(bed.object(1000));
    const receiver = bed.receiver({ timeoutUs: 4e6 });
    expect(await bed.failure(receiver, 4.2)).toBe('TIMEOUT');
    expect(receiver.disk.journalledBytes).toBeGreaterThan(250 * SYMBOL_BYTES);
    expect(receiver.disk.violations).toEqual([]);
  });
});
