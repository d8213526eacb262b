import { afterEach, describe, expect, it, vi } from 'vitest';
import { Pool } from '../../dist/work/pool.js';
import { ODD_WORKER, type OddWorker } from './odd-worker.js';

const pools: Pool<OddWorker>[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function poolOf(threadCount: number, maxWaiting = 10, file = ODD_WORKER): Pool<OddWorker> {
  const pool = new Pool<OddWorker>(file, { name: 'odd', threadCount, maxWaiting }, 'data');
  pools.push(pool);
  return pool;
}

describe('a pool', () => {
  it('answers more calls than it has threads, each with the result of its own', async () => {
    const pool = poolOf(2);
    const values = Array.from({ length: 10 }, (_, i) => i);
    expect(await Promise.all(values.map((value) => pool.call('later', value)))).toEqual(values);
    expect(await pool.call('data', undefined)).toBe('data');
  });

  it('runs as many calls at once as it has threads, and no more', async () => {
    const pool = poolOf(2);
    // Each thread counts its own calls.
    const counts = await Promise.all([1, 2, 3, 4].map(() => pool.call('count', undefined)));
    expect(counts.filter((count) => count === 1)).toHaveLength(2);
  });

  it('starts no second thread for calls that are made one after the other', async () => {
    const pool = poolOf(2);
    const counts: number[] = [];
    for (let i = 0; i < 4; i++) counts.push(await pool.call('count', undefined));
    await pool.call('trip', undefined).catch(() => undefined);
    counts.push(await pool.call('count', undefined));
    expect(counts).toEqual([1, 2, 3, 4, 5]);
  });

  it('replaces a thread that is lost, at work or between two calls', async () => {
    const pool = poolOf(1);
    const ends = await Promise.allSettled([pool.call('exit', 0), pool.call('count', undefined)]);
    expect(ends).toMatchObject([{ reason: { code: 'THREAD_LOST' } }, { value: 1 }]);
    await pool.call('count', undefined);
    await pool.call('exitLater', 0);
    // The thread counts on until it is lost; the next one begins at 1.
    const isFirst = () => pool.call('count', undefined).then((count) => count === 1);
    await vi.waitUntil(() => isFirst().catch(() => false), { timeout: 20_000 });
  });

  it('passes errors on and keeps its threads', async () => {
    const pool = poolOf(1);
    await pool.call('count', undefined);
    await expect(pool.call('trip', undefined)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await pool.call('count', undefined)).toBe(2);
  });

  it('refuses calls beyond those that may wait', async () => {
    const pool = poolOf(1, 3);
    const calls = Array.from({ length: 6 }, (_, i) => pool.call('later', i));
    const ends = await Promise.allSettled(calls);
    expect(ends.map(({ status }) => status === 'fulfilled')).toEqual([true, true, true, true, false, false]);
    expect(ends.at(-1)).toMatchObject({ reason: { code: 'INTERNAL', hint: expect.any(String) } });
  });

  it('whose worker file is missing fails every call', async () => {
    const pool = poolOf(1, 10, new URL('./no-such-worker.js', import.meta.url));
    const ends = await Promise.allSettled([1, 2, 3].map((value) => pool.call('later', value)));
    for (const end of ends) expect(end).toMatchObject({ reason: { code: 'THREAD_LOST' } });
  });

  it('that is closed rejects what is waiting or under way, and everything after', async () => {
    const pool = poolOf(1);
    const ends = Promise.allSettled([1, 2, 3].map(() => pool.call('never', undefined)));
    await pool.close();
    for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } });
    await expect(pool.call('later', 1)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
