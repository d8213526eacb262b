import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ServerLock } from '../../dist/publish/server-lock.js';
import { scratchDirectory } from '../store/scratch.js';

const scratch = await scratchDirectory();
const noWait = { signal: new AbortController().signal, onWaiting: () => undefined };

describe('the lock of a server', () => {
  it('is refused to a second sender of the same server, and given to a sender of another server', async () => {
    const stateDir = join(scratch, 'twice');
    const first = new ServerLock(stateDir);
    expect(await first.take('acme', 'alpha', noWait)).toBeUndefined();
    await expect(new ServerLock(stateDir).take('acme', 'alpha', noWait)).rejects.toMatchObject({
      code: 'FILE_IN_USE',
      message: expect.stringContaining('server alpha of fleet acme'),
    });
    const other = new ServerLock(stateDir);
    expect(await other.take('acme', 'beta', noWait)).toBeUndefined();
    await first.release();
    expect(await other.take('acme', 'alpha', noWait)).toBeUndefined();
    await other.release();
  });

  it('is free as soon as its sender has died', async () => {
    const stateDir = join(scratch, 'unseen');
    const held = new ServerLock(stateDir);
    await held.take('acme', 'alpha', noWait);
    const folder = join(stateDir, 'serving');
    const [name = ''] = await readdir(folder);
    const path = join(folder, name);
    // A holder in another pid namespace is invisible: only its lock shows whether it lives.
    const holder: object = JSON.parse(await readFile(path, 'utf8'));
    await held.release();
    await writeFile(path, `${JSON.stringify({ ...holder, pidNamespace: 'pid:[1]', nonce: 'other' })}\n`);
    const stopping = new AbortController();
    const told: string[] = [];
    const taking = new ServerLock(stateDir).take('acme', 'alpha', {
      signal: stopping.signal,
      onWaiting: (message) => {
        told.push(message);
        stopping.abort();
      },
    });
    await expect(taking).rejects.toMatchObject({ code: 'ABORTED' });
    expect(told).toHaveLength(1);
  });

  it('that is being taken when the server stops is released', async () => {
    const stateDir = join(scratch, 'stopping');
    const lock = new ServerLock(stateDir);
    const taking = lock.take('acme', 'alpha', noWait);
    await lock.release();
    await expect(taking).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await readdir(join(stateDir, 'serving'))).toEqual([]);
  });

  it('is taken again when the state directory was deleted, unless another sender has taken it meanwhile', async () => {
    const stateDir = join(scratch, 'deleted');
    const [first, second] = [new ServerLock(stateDir), new ServerLock(stateDir)];
    await first.take('acme', 'alpha', noWait);
    await rm(stateDir, { recursive: true });
    expect(await first.take('acme', 'alpha', noWait)).toBeUndefined();
    await expect(second.take('acme', 'alpha', noWait)).rejects.toMatchObject({ code: 'FILE_IN_USE' });
    await rm(stateDir, { recursive: true });
    await second.take('acme', 'alpha', noWait);
    await expect(first.take('acme', 'alpha', noWait)).rejects.toMatchObject({ code: 'FILE_IN_USE' });
    await first.release();
    expect(await readdir(join(stateDir, 'serving'))).toHaveLength(1);
    await second.release();
  });
});
