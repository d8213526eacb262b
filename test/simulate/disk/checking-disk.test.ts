import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../dist/receiver/assemble/object-store.js';
import { heldIn } from '../../object/held.js';
import { Bed, SYMBOL_BYTES } from '../../transfer/bed.js';
import type { DiskOptions } from './checking-disk.js';

/** What a store is told when block 0 is restored: the bytes that the disk's `solve` gives are right. */
function restorationOf(bytes: Uint8Array) {
  const content = { esis: Int32Array.of(0, 100, -1, -1), spares: [] };
  return [0, content, createHash('sha256').update(bytes).digest()] as const;
}

async function diskOf(options: Partial<DiskOptions> = {}) {
  const bed = new Bed('disk');
  const object = bed.object(8, { blockSymbols: 4 });
  const disk = bed.disk(options);
  const store = await disk.openStore(object.descriptor);
  const write = (symbol: number, to: ObjectStore = store, bytes = symbolOf(symbol)) =>
    to.writeSymbol(symbol, symbol % 4, bytes, 0, SYMBOL_BYTES);
  const symbolOf = (symbol: number) => object.content.slice(symbol * SYMBOL_BYTES, SYMBOL_BYTES);
  const read = async (symbol: number, from: ObjectStore = store) => {
    const into = new Uint8Array(SYMBOL_BYTES);
    await from.read(symbol, into);
    return Buffer.compare(into, symbolOf(symbol)) === 0;
  };
  return { bed, object, disk, store, write, read, symbolOf };
}

describe('a checking disk', () => {
  it('keeps through a crash what a checkpoint has journalled, and spoils the rest', async () => {
    const { object, disk, store, write, read } = await diskOf();
    for (const symbol of [0, 1, 2, 3]) write(symbol);
    store.acceptBlock(0);
    await store.checkpoint();
    for (const symbol of [4, 5]) write(symbol);
    expect(await read(5)).toBe(true);
    disk.crash();
    const again = await disk.openStore(object.descriptor);
    expect([...again.holdings.filled.runs()]).toEqual([[0, 4]]);
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
    expect((await disk.openStore(object.descriptor)).holdings.filled.count).toBe(0);
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
    expect((await disk.openStore(newer.descriptor)).holdings.filled.count).toBe(0);
  });

  it('notes everything that a store must not be asked for', async () => {
    const { disk, store, write, symbolOf } = await diskOf();
    for (const [place, length] of [
      [0.5, SYMBOL_BYTES],
      [8, SYMBOL_BYTES],
      [0, SYMBOL_BYTES - 1],
    ] as const) {
      expect(() => store.writeSymbol(place, place % 4, symbolOf(0), 0, length)).toThrow(`place ${place}`);
    }
    for (const symbol of [0, 1, 2, 3]) write(symbol);
    store.acceptBlock(0);
    await store.checkpoint();
    write(2);
    store.rejectPlaces(3, 1);
    await Promise.all([store.checkpoint(), store.checkpoint()]);
    write(4, store, symbolOf(5));
    await store.commit();
    expect(disk.violations).toEqual([
      `place 0.5 cannot hold ${SYMBOL_BYTES} bytes of ESI 0.5`,
      `place 8 cannot hold ${SYMBOL_BYTES} bytes of ESI 0`,
      `place 0 cannot hold ${SYMBOL_BYTES - 1} bytes of ESI 0`,
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
    await store.commit();
    expect(await disk.open(object.descriptor)).toEqual({ kind: 'complete' });
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

  it('keeps journalled guests through a crash, and forgets the others', async () => {
    const { object, disk, store, symbolOf } = await diskOf();
    expect(store.writeSymbol(1, 100, symbolOf(7), 0, SYMBOL_BYTES)).toBe(true);
    await store.checkpoint();
    expect(store.writeSymbol(2, 101, symbolOf(7), 0, SYMBOL_BYTES)).toBe(true);
    disk.crash();
    const again = await disk.openStore(object.descriptor);
    expect([...again.holdings.guestRuns(again.holdings.filled)]).toEqual([[1, 100, 1]]);
    expect([heldIn(again.holdings).ownCount, disk.journalledGuestCount]).toEqual([0, 1]);
    const into = new Uint8Array(SYMBOL_BYTES);
    await again.read(1, into);
    expect(Buffer.compare(into, symbolOf(7))).toBe(0);
    expect(disk.violations).toEqual([]);
  });

  it('does not give a rejected place to a guest before the next checkpoint, and to its own symbol at once', async () => {
    const { bed, disk, store, write, symbolOf } = await diskOf({ flushUs: 1000 });
    for (const symbol of [0, 1]) write(symbol);
    store.writeSymbol(2, 100, symbolOf(7), 0, SYMBOL_BYTES);
    await bed.network.clock.until(store.checkpoint(), 1e6);
    store.rejectPlaces(0, 3);
    expect([store.writeSymbol(0, 101, symbolOf(7), 0, SYMBOL_BYTES), write(1), write(2)]).toEqual([false, true, false]);
    const checkpoint = store.checkpoint();
    expect(store.writeSymbol(0, 101, symbolOf(7), 0, SYMBOL_BYTES)).toBe(false);
    await bed.network.clock.until(checkpoint, 1e6);
    expect([store.writeSymbol(0, 101, symbolOf(7), 0, SYMBOL_BYTES), write(2)]).toEqual([true, true]);
    expect(disk.violations).toEqual([]);
  });

  it('spoils what was written over a rejected symbol that the journal still claims', async () => {
    const { object, disk, store, write, read, symbolOf } = await diskOf();
    write(0, store, symbolOf(5));
    await store.checkpoint();
    store.rejectPlaces(0, 1);
    write(0);
    disk.crash();
    const again = await disk.openStore(object.descriptor);
    expect(again.holdings.filled.has(0)).toBe(true);
    expect(await read(0, again)).toBe(false);
  });

  it.each([
    [0.5, 1, 1],
    [1.5, 1, 0],
    [2.5, 1, 0],
  ])(
    'restores a block so that a crash after %d ms leaves its own symbols and no false claim',
    async (ms, own, guests) => {
      const { bed, object, disk, store, write, read, symbolOf } = await diskOf({ restoreUs: 2000 });
      const bytes = object.content.slice(0, 4 * SYMBOL_BYTES);
      disk.options = { ...disk.options, solve: () => bytes };
      write(0);
      store.writeSymbol(1, 100, symbolOf(7), 0, SYMBOL_BYTES);
      await store.checkpoint();
      void store.restoreBlock(...restorationOf(bytes));
      await bed.pass(ms / 1000);
      disk.crash();
      const again = await disk.openStore(object.descriptor);
      expect(heldIn(again.holdings)).toEqual({ ownCount: own, guestCount: guests });
      expect([await read(0, again), await read(3, again)]).toEqual([true, false]);
      expect(disk.violations).toEqual([]);
    },
  );

  it('has all symbols of a restored block in its journal after the next checkpoint', async () => {
    const { object, disk, store, symbolOf } = await diskOf();
    store.writeSymbol(1, 100, symbolOf(7), 0, SYMBOL_BYTES);
    const bytes = object.content.slice(0, 4 * SYMBOL_BYTES);
    disk.options = { ...disk.options, solve: () => undefined };
    expect(await store.restoreBlock(...restorationOf(bytes))).toBe('unsolved');
    disk.options = { ...disk.options, solve: () => new Uint8Array(4 * SYMBOL_BYTES) };
    expect(await store.restoreBlock(...restorationOf(bytes))).toBe('wrong');
    expect(heldIn(store.holdings).guestCount).toBe(1);
    disk.options = { ...disk.options, solve: () => bytes };
    expect(await store.restoreBlock(...restorationOf(bytes))).toBe('genuine');
    store.acceptBlock(0);
    expect(disk.journalledBytes).toBe(0);
    await store.checkpoint();
    disk.crash();
    const again = await disk.openStore(object.descriptor);
    expect([...again.holdings.filled.runs()]).toEqual([[0, 4]]);
    expect([heldIn(again.holdings).guestCount, again.verifiedBlocks.has(0)]).toEqual([0, true]);
    expect(disk.violations).toEqual([]);
  });

  it('notes everything that must not be done with guests and blocks', async () => {
    const bed = new Bed('guests');
    const object = bed.object(0, { content: bed.bytes(8 * SYMBOL_BYTES - 3), blockSymbols: 4 });
    const bytes = new Uint8Array(4 * SYMBOL_BYTES);
    const disk = bed.disk({ restoreUs: 1000, solve: () => bytes });
    const store = await disk.openStore(object.descriptor);
    for (const [place, esi] of [
      [7, 100],
      [8, 100],
      [-1, 100],
      [0, 2 ** 24],
    ] as const) {
      expect(() => store.writeSymbol(place, esi, bytes, 0, SYMBOL_BYTES)).toThrow(`place ${place}`);
    }
    store.writeSymbol(0, 100, bytes, 0, SYMBOL_BYTES);
    expect(store.writeSymbol(0, 101, bytes, 0, SYMBOL_BYTES)).toBe(false);
    expect(store.writeSymbol(0, 0, bytes, 0, SYMBOL_BYTES)).toBe(false);
    store.writeSymbol(1, 100, bytes, 0, SYMBOL_BYTES);
    await store.checkpoint();
    const [block, content, digest] = restorationOf(bytes);
    const fewer = { ...content, esis: content.esis.subarray(1) };
    await expect(store.restoreBlock(block, fewer, digest)).rejects.toMatchObject({ code: 'INTERNAL' });
    const restored = store.restoreBlock(block, content, digest);
    expect(store.writeSymbol(2, 2, bytes, 0, SYMBOL_BYTES)).toBe(false);
    await expect(store.restoreBlock(block, content, digest)).rejects.toMatchObject({ code: 'INTERNAL' });
    await bed.network.clock.until(restored, 1e6);
    store.acceptBlock(1);
    expect(disk.violations).toEqual([
      ...[7, 8, -1].map((place) => `place ${place} cannot hold ${SYMBOL_BYTES} bytes of ESI 100`),
      `place 0 cannot hold ${SYMBOL_BYTES} bytes of ESI ${2 ** 24}`,
      'guest 101 at the occupied place 0',
      'symbol 0 over a guest',
      'ESI 100 once more at place 1',
      'block 0 restored from 3 places',
      'symbol 2 while its block is restored',
      'block 0 restored from 4 places',
      ...[0, 1, 2, 3].map((place) => `symbol ${place} restored wrong`),
      ...[4, 5, 6, 7].map((place) => `block 1 accepted without symbol ${place}`),
    ]);
  });
});
