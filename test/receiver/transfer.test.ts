import { describe, expect, it } from 'vitest';
import { SYMBOL_BYTES } from '../transfer/bed.js';
import { datagramsOf } from './datagrams.js';
import { handFed } from './hand-fed.js';

describe('the fetch of one version', () => {
  it('recognises a whole object before it has heard a block digest', async () => {
    const { bed, disk, start, feed, calls, object } = handFed();
    const datagrams = datagramsOf(object);
    const fetch = await start();
    const done = fetch.run();
    await bed.pass(0.01);
    for (const symbol of datagrams.symbols) feed(symbol);
    await bed.network.clock.until(done, 1e6);
    expect(disk.completed?.descriptor.version).toBe(1);
    expect(disk.violations).toEqual([]);
    expect(calls).toEqual(['join', 'leave']);
  });

  it('is not disturbed by digests that come while it leaves and hashes the whole object', async () => {
    const { bed, start, feed, disk, warnings, object } = handFed({ readUs: 10_000, membershipUs: 15_000 });
    const datagrams = datagramsOf(object);
    const fetch = await start();
    const done = fetch.run();
    await bed.pass(0.02);
    for (const symbol of datagrams.symbols) feed(symbol);
    // The receiver hashes five blocks, 10 ms each, and then leaves.
    await bed.pass(0.06);
    for (const digests of datagrams.digests) feed(digests);
    await bed.network.clock.until(done, 2e6);
    expect(warnings).toEqual([]);
    expect(disk.violations).toEqual([]);
  });

  it('receives only the block again that did not have its digest', async () => {
    const { bed, start, feed, warnings, object } = handFed();
    const datagrams = datagramsOf(object);
    const fetch = await start();
    const done = fetch.run();
    await bed.pass(0.01);
    const forged = datagrams.symbols[9]!.slice();
    forged[60]! ^= 1;
    feed(forged);
    for (const digests of datagrams.digests) feed(digests);
    for (const symbol of datagrams.symbols) feed(symbol);
    await bed.pass(0.1);
    expect(warnings).toEqual(['REJECTED_BLOCK']);
    expect(fetch.progress()).toMatchObject({ bytes: 32 * SYMBOL_BYTES, verifiedBytes: 32 * SYMBOL_BYTES });
    for (const symbol of datagrams.symbols.slice(8, 16)) feed(symbol);
    await bed.network.clock.until(done, 1e6);
    expect(fetch.stats()).toMatchObject({ rejectedBlocks: 1, payloadBytes: 49 * SYMBOL_BYTES });
  });

  it('joins a channel again that has fallen silent', async () => {
    const { bed, start, feed, warnings, calls, object } = handFed();
    const datagrams = datagramsOf(object);
    const fetch = await start();
    void fetch.run();
    await bed.pass(0.01);
    feed(datagrams.symbols[0]!);
    await bed.pass(4.9);
    fetch.tick(bed.network.clock.nowUs, 0);
    expect(calls).toEqual(['join']);
    await bed.pass(0.2);
    fetch.tick(bed.network.clock.nowUs, 0);
    await bed.pass(0.2);
    fetch.tick(bed.network.clock.nowUs, 0);
    expect(calls).toEqual(['join', 'leave', 'join']);
    expect(warnings).toEqual(['SILENCE']);
  });

  it('makes its first checkpoint soon after the first datagram, one checkpoint at a time', async () => {
    const { bed, start, feed, disk, object } = handFed({ flushUs: 300_000 });
    const datagrams = datagramsOf(object);
    const fetch = await start();
    void fetch.run();
    await bed.pass(0.1);
    for (const symbol of datagrams.symbols.slice(0, 6)) feed(symbol);
    await bed.pass(0.05);
    fetch.tick(bed.network.clock.nowUs, 0);
    for (const symbol of datagrams.symbols.slice(6, 12)) feed(symbol);
    await bed.pass(0.3);
    expect(disk.journalledBytes).toBeGreaterThanOrEqual(SYMBOL_BYTES);
    for (let i = 0; i < 8; i++) {
      await bed.pass(0.1);
      fetch.tick(bed.network.clock.nowUs, 0);
    }
    expect(disk.journalledBytes).toBe(12 * SYMBOL_BYTES);
    expect(disk.violations).toEqual([]);
  });

  it('ends with the given reason when it is stopped while it joins, and leaves what it joined', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    const { bed, start, calls } = handFed({ membershipUs: 100_000 });
    const fetch = await start();
    const ended = fetch.run().then(
      () => 'complete',
      (error: unknown) => error,
    );
    await bed.pass(0.05);
    fetch.stop('enough');
    // Node looks for rejections that nobody handles in each turn of its event loop.
    await new Promise(setImmediate);
    expect(await bed.network.clock.until(ended, 1e6)).toBe('enough');
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(calls).toEqual(['join', 'leave']);
  });
});
