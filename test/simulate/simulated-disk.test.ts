import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../dist/receiver/object-store.js';
import type { DiskOptions } from '../../dist/simulate/simulated-disk.js';
import { Bed, SYMBOL_BYTES } from '../transfer/bed.js';

async function diskOf(options: Partial<DiskOptions> = {}) {
  const bed = new Bed('disk');
  const object = bed.object(8, { blockSymbols: 4 });
  const disk = bed.disk(options);
  const store = await disk.open(object.descriptor);
  const write = (symbol: number, to: ObjectStore = store, bytes = symbolOf(symbol)) =>
    to.write(symbol * SYMBOL_BYTES, bytes, 0, SYMBOL_BYTES);
  const symbolOf = (symbol: number) => object.content.slice(symbol * SYMBOL_BYTES, SYMBOL_BYTES);
  const read = async (symbol: number, from: ObjectStore = store) => {
    const into = new Uint8Array(SYMBOL_BYTES);
    await from.read(symbol * SYMBOL_BYTES, into);
    return Buffer.compare(into, symbolOf(symbol)) === 0;
  };
  return { bed, object, disk, store, write, read, symbolOf };
}

describe('a simulated disk', () => {
  it('keeps through a crash what a checkpoint has journalled, and spoils the rest', async () => {
    const { object, disk, store, write, read } = await diskOf();
    for (const symbol of [0, 1, 2, 3]) write(symbol);
    store.acceptBlock(0);
    await store.checkpoint();
    for (const symbol of [4, 5]) write(symbol);
    expect(await read(5)).toBe(true);
    disk.crash();
    const again = await disk.open(object.descriptor);
    expect([...again.symbols.runs()]).toEqual([[0, 4]]);
    expect([...again.verifiedBlocks.runs()]).toEqual([[0, 1]]);
    expect([await read(3, again), await read(5, again), await read(6, again)]).toEqual([true, false, false]);
    expect(disk.violations).toEqual([]);
  });

  it('has nothing of a checkpoint that a crash interrupts', async () => {
    const { bed, object, disk, store, write } = await diskOf({ flushUs: 1000 });
    write(0);
    void store.checkpoint();
    await bed.pass(0.0009);
    disk.crash();
    await bed.pass(1);
    expect((await disk.open(object.descriptor)).symbols.count).toBe(0);
  });

  it('journals with a checkpoint what was written before it, not after', async () => {
    const { bed, disk, store, write } = await diskOf({ flushUs: 1000 });
    write(0);
    const checkpoint = store.checkpoint();
    write(1);
    await bed.network.clock.until(checkpoint, 1e6);
    expect(disk.journalledBytes).toBe(SYMBOL_BYTES);
  });

  it('begins anew for another version', async () => {
    const { bed, disk, store, write } = await diskOf();
    write(0);
    await store.checkpoint();
    const newer = bed.object(8, { version: 2 });
    expect((await disk.open(newer.descriptor)).symbols.count).toBe(0);
  });

  it('notes everything that a store must not be asked for', async () => {
    const { disk, store, write, symbolOf } = await diskOf();
    store.write(5, symbolOf(0), 0, SYMBOL_BYTES);
    store.write(8 * SYMBOL_BYTES, symbolOf(0), 0, SYMBOL_BYTES);
    store.write(0, symbolOf(0), 0, SYMBOL_BYTES - 1);
    for (const symbol of [0, 1, 2, 3]) write(symbol);
    store.acceptBlock(0);
    await store.checkpoint();
    write(2);
    store.rejectPlaces(3, 1);
    await Promise.all([store.checkpoint(), store.checkpoint()]);
    write(4, store, symbolOf(5));
    await store.commit();
    expect(disk.violations).toEqual([
      `${SYMBOL_BYTES} bytes at 5 are no symbol`,
      `${SYMBOL_BYTES} bytes at ${8 * SYMBOL_BYTES} are no symbol`,
      `${SYMBOL_BYTES - 1} bytes at 0 are no symbol`,
      'symbol 2 had been verified before',
      'block 0 was verified and place 3 is rejected',
      'two checkpoints at once',
      'commit of a file that is not whole',
      'commit of wrong bytes',
    ]);
  });

  it('is in its place after the commit, byte for byte', async () => {
    const { object, disk, store, write } = await diskOf();
    for (let symbol = 0; symbol < 8; symbol++) write(symbol);
    expect(await disk.isInPlace(object.descriptor)).toBe(false);
    await store.commit();
    expect(await disk.isInPlace(object.descriptor)).toBe(true);
    const file = new Uint8Array(object.content.sizeBytes);
    disk.completed?.read(0, file);
    expect(Buffer.compare(file, object.content.slice(0, file.length))).toBe(0);
    expect(disk.violations).toEqual([]);
  });

  it('takes as much as its queue and its capacity hold', async () => {
    const slow = await diskOf({ bytesPerSecond: SYMBOL_BYTES, queueBytes: 2 * SYMBOL_BYTES });
    expect([0, 1, 2].map((symbol) => slow.write(symbol))).toEqual([true, true, false]);
    await slow.bed.pass(1);
    expect(slow.write(2)).toBe(true);
    expect(slow.disk.refusedCount).toBe(1);
    const small = await diskOf({ capacityBytes: 2 * SYMBOL_BYTES });
    expect([0, 1, 2, 1].map((symbol) => small.write(symbol))).toEqual([true, true, false, true]);
    await expect(small.store.checkpoint()).rejects.toMatchObject({ code: 'DISK_FULL' });
  });
});
