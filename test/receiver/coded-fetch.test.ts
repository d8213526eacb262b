import { describe, expect, it } from 'vitest';
import { restoreBlock } from '../../dist/fec/index.js';
import { Publication } from '../../dist/sender/publication.js';
import { Slab } from '../../dist/sender/slab.js';
import type { SimulatedObject } from '../../dist/simulate/index.js';
import { DatagramType, newHeader, readHeader } from '../../dist/wire/header.js';
import { type Bed, SYMBOL_BYTES } from '../transfer/bed.js';
import { codedDatagram } from './datagrams.js';
import { type HandFedOptions, handFed } from './hand-fed.js';

const K = 12;
const coded =
  (blockCount: number, missingBytes = 0) =>
  (bed: Bed) =>
    bed.object(0, {
      content: bed.bytes(blockCount * K * SYMBOL_BYTES - missingBytes),
      code: 'raptorq',
      blockSymbols: K,
    });

async function fetching(options: HandFedOptions) {
  const rig = handFed(options);
  const fetch = await rig.start();
  const done = fetch.run();
  done.catch(() => undefined);
  await rig.bed.pass(0.01);
  return { ...rig, fetch, done };
}

/** The first digest run that a server sends. */
function digestsOf({ descriptor, record, blockDigests }: SimulatedObject): Uint8Array {
  const carousel = new Publication(descriptor, record, blockDigests, 0).carousel(0, 0)!;
  const slab = new Slab(200, carousel.maxDatagramBytes);
  carousel.prepare(slab);
  const header = newHeader();
  for (let entry = 0; entry < slab.count; entry++) {
    const start = slab.startOf(entry);
    readHeader(slab.bytes, start, slab.lengthOf(entry), header);
    if (header.type === DatagramType.digests) return slab.bytes.slice(start, slab.startOf(entry + 1));
  }
  throw new Error('no digests among the first 200 datagrams');
}

/** K consecutive ESIs that do not determine a block. */
function singularRun(): number {
  for (let first = K; first < 1e5; first++) {
    const block = new Uint8Array(K);
    const esis = Int32Array.from({ length: K }, (_, i) => first + i);
    if (!restoreBlock({ block, spare: new Uint8Array(0), esis }, 1)) return first;
  }
  throw new Error('every run determines its block');
}

/** Source ids. */

describe('the fetch of a coded object', () => {
  it('is complete with a spare symbol when the first K symbols do not determine it', async () => {
    const { bed, object, feed, done, disk, fetch, calls } = await fetching({ object: coded(1) });
    const first = singularRun();
    for (let i = 0; i < K; i++) feed(codedDatagram(object, 0, first + i));
    await bed.pass(0.1);
    expect(disk.completed).toBeUndefined();
    // The receiver left when it had enough symbols as far as it knew, and then joined again.
    expect(calls).toEqual(['join', 'leave', 'join']);
    for (let esi = 20_000; disk.completed === undefined && esi < 20_010; esi++) {
      feed(codedDatagram(object, 0, esi));
      await bed.pass(0.1);
    }
    await bed.network.clock.until(done, 1e6);
    expect(disk.violations).toEqual([]);
    expect(fetch.stats()).toMatchObject({ rejectedBlocks: 0, duplicateBytes: 0 });
  });

  it('waits for the digest of a block that has all its symbols, and takes no more symbols of that block meanwhile', async () => {
    const { bed, object, feed, done, disk, fetch } = await fetching({ object: coded(2) });
    for (const block of [0, 1]) for (let i = 0; i < K; i++) feed(codedDatagram(object, block, 50 + i));
    await bed.pass(1);
    expect(fetch.progress()).toMatchObject({ bytes: 2 * K * SYMBOL_BYTES, verifiedBytes: 0 });
    for (let i = 0; i < 5; i++) feed(codedDatagram(object, 0, 70 + i));
    expect(fetch.stats()).toMatchObject({ duplicateBytes: 5 * SYMBOL_BYTES });
    feed(digestsOf(object));
    await bed.pass(0.1);
    // One of the two blocks may need a spare symbol.
    for (let i = 0; i < 5; i++) for (const block of [0, 1]) feed(codedDatagram(object, block, 90 + i));
    await bed.network.clock.until(done, 1e6);
    expect(disk.violations).toEqual([]);
  });

  it('puts only its own symbol in the short last place, and can be complete without that symbol', async () => {
    const { bed, object, feed, done, disk } = await fetching({ object: coded(1, 100) });
    for (let i = 0; i < K - 1; i++) feed(codedDatagram(object, 0, 30 + i));
    await bed.pass(0.1);
    // The symbol that gets no place is kept in memory.
    for (let esi = 60; disk.completed === undefined && esi < 65; esi++) {
      feed(codedDatagram(object, 0, esi));
      await bed.pass(0.1);
    }
    await bed.network.clock.until(done, 1e6);
    expect(disk.violations).toEqual([]);
  });

  it('puts the short last symbol in its own place among guests', async () => {
    const { bed, object, feed, done, disk } = await fetching({ object: coded(1, 100) });
    for (let i = 0; i < K - 2; i++) feed(codedDatagram(object, 0, 30 + i));
    feed(codedDatagram(object, 0, K - 1));
    expect(codedDatagram(object, 0, K - 1).length).toBe(48 + SYMBOL_BYTES - 100);
    for (let esi = 60; disk.completed === undefined && esi < 65; esi++) {
      feed(codedDatagram(object, 0, esi));
      await bed.pass(0.1);
    }
    await bed.network.clock.until(done, 1e6);
    expect(disk.violations).toEqual([]);
  });

  it('puts a source symbol whose own place has a guest in another place, and recognises it when it comes again', async () => {
    const { bed, object, feed, done, disk, fetch } = await fetching({ object: coded(1) });
    for (const esi of [40, 41, 0, 1, 0, 1]) feed(codedDatagram(object, 0, esi));
    expect(fetch.stats()).toMatchObject({ duplicateBytes: 2 * SYMBOL_BYTES });
    for (let esi = 2; esi < 10; esi++) feed(codedDatagram(object, 0, esi));
    await bed.pass(0.1);
    for (let esi = 60; disk.completed === undefined && esi < 65; esi++) {
      feed(codedDatagram(object, 0, esi));
      await bed.pass(0.1);
    }
    await bed.network.clock.until(done, 1e6);
    expect(disk.violations).toEqual([]);
  });

  it('does not solve a block whose source symbols are all in their places', async () => {
    const { bed, object, feed, done, disk } = await fetching({ object: coded(2, 5), restoreUs: 50e6 });
    feed(digestsOf(object));
    for (const block of [0, 1]) for (let esi = 0; esi < K; esi++) feed(codedDatagram(object, block, esi));
    await bed.network.clock.until(done, 1e6);
    expect(disk.violations).toEqual([]);
  });

  it('takes no symbol of a block that is being restored, but symbols of other blocks', async () => {
    const { bed, object, feed, done, disk, fetch } = await fetching({ object: coded(2), restoreUs: 100_000 });
    feed(digestsOf(object));
    for (let i = 0; i < K + 2; i++) feed(codedDatagram(object, 0, 50 + i));
    await bed.pass(0.05);
    const { duplicateBytes } = fetch.stats();
    for (let i = 0; i < 3; i++) feed(codedDatagram(object, 0, i));
    feed(codedDatagram(object, 1, 50));
    expect(fetch.stats().duplicateBytes).toBe(duplicateBytes + 3 * SYMBOL_BYTES);
    await bed.pass(0.1);
    expect(fetch.progress()).toMatchObject({ verifiedBytes: K * SYMBOL_BYTES, bytes: (K + 1) * SYMBOL_BYTES });
    for (let i = 1; i < K; i++) feed(codedDatagram(object, 1, 50 + i));
    for (let i = 0; i < 5; i++) {
      await bed.pass(0.2);
      if (disk.completed === undefined) feed(codedDatagram(object, 1, 90 + i));
    }
    await bed.network.clock.until(done, 1e6);
    expect(disk.violations).toEqual([]);
  });
});
