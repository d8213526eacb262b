import { describe, expect, it } from 'vitest';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, passesAt, passSeconds, SYMBOL_BYTES } from './bed.js';

describe('a disk', () => {
  it(
    seeded('that is full ends the transfer with DISK_FULL, and the next run continues with the symbols on disk'),
    async () => {
      const bed = new Bed('full');
      const object = bed.object(500);
      await bed.server().publish(object);
      const disk = bed.disk({ capacityBytes: 200 * SYMBOL_BYTES });
      const receiver = bed.receiver({ disk });
      expect(await bed.failure(receiver, 6)).toBe('DISK_FULL');
      const kept = disk.journalledBytes;
      expect(kept).toBeLessThanOrEqual(200 * SYMBOL_BYTES);
      disk.options = { ...disk.options, capacityBytes: undefined };
      const again = bed.receiver({ name: 'again', disk });
      const complete = await bed.completion(again, 1.01 + passSeconds(500));
      expectSafe(again, object, complete);
      expect(complete.resumedBytes).toBe(kept);
    },
  );

  it(
    seeded(
      'that is slower than the channel makes the receiver drop symbols, which it counts, tells once, and receives again',
    ),
    async () => {
      const bed = new Bed('slow');
      const object = bed.object(400);
      await bed.server().publish(object);
      // 60 % of what arrives, behind a queue of ten symbols.
      const disk = bed.disk({ bytesPerSecond: 60 * SYMBOL_BYTES, queueBytes: 10 * SYMBOL_BYTES });
      const receiver = bed.receiver({ disk });
      const warnings: string[] = [];
      receiver.on('warning', ({ code }) => warnings.push(code));
      const complete = await bed.completion(receiver, 1.01 + passesAt(0.4, 400) * passSeconds(400));
      expectSafe(receiver, object, complete);
      expect(warnings).toEqual(['DROPPED']);
      expect(complete.droppedDatagrams).toBe(disk.refusedCount);
      expect(complete.droppedDatagrams).toBeGreaterThan(50);
      expect(complete.lostDatagrams).toBe(0);
    },
  );

  it(
    seeded('that takes two seconds for each flush never has two checkpoints, or a checkpoint and the commit, at once'),
    async () => {
      const bed = new Bed('slow flush');
      const object = bed.object(500);
      await bed.server().publish(object);
      const receiver = bed.receiver({ disk: bed.disk({ flushUs: 2e6 }) });
      expectSafe(receiver, object, await bed.completion(receiver, 1.01 + passSeconds(500) + 4.1));
    },
  );

  it(seeded('that takes longer than the patience for the commit is waited for'), async () => {
    const bed = new Bed('slow end');
    const object = bed.object(200);
    await bed.server().publish(object);
    const disk = bed.disk();
    const receiver = bed.receiver({ disk, patienceUs: 3e6 });
    await bed.pass(2);
    disk.options = { ...disk.options, flushUs: 12e6 };
    expectSafe(receiver, object, await bed.completion(receiver, passSeconds(200) + 26));
  });

  it(seeded('that takes a second to read a block back gets no checkpoint during the commit'), async () => {
    const bed = new Bed('slow read');
    const object = bed.object(300, { blockSymbols: 300 });
    await bed.server().publish(object);
    const receiver = bed.receiver({ disk: bed.disk({ readUs: 2.2e6, flushUs: 0.4e6 }) });
    expectSafe(receiver, object, await bed.completion(receiver, 1.01 + passSeconds(300) + 10));
  });

  it(seeded('of a server that reads slowly slows down only the channels of that server'), async () => {
    const bed = new Bed('slow server');
    const object = bed.object(300);
    // A slab of four datagrams takes 50 ms to read where they are due every 10 ms.
    await bed.network.clock.until(bed.server(0, { readUs: 50_000 }).publish(object), 1e6);
    const receiver = bed.receiver();
    const complete = await bed.completion(receiver, 1.01 + 2 * passSeconds(300));
    expectSafe(receiver, object, complete);
    expect(complete.lostDatagrams).toBe(0);
  });

  it(
    seeded('of a server whose file changes stops that object, and no mixture of old and new bytes is sent'),
    async () => {
      const bed = new Bed('changed');
      const object = bed.object(1000);
      const server = bed.server();
      await server.publish(object);
      const receiver = bed.receiver({ patienceUs: 5e6 });
      await bed.pass(3);
      server.sourceOf(object)?.change();
      expect(await bed.failure(receiver, 6)).toBe('NOBODY_SENDING');
      expect(server.failures).toEqual([expect.objectContaining({ code: 'OBJECT_CHANGED' })]);
      expect(receiver.stats()?.rejectedBlocks).toBe(0);
    },
  );
});
