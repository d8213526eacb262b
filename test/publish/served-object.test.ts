import { generateKeyPairSync } from 'node:crypto';
import { chmod, copyFile, link, mkdir, rename, rm, symlink, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { FileSource } from '../../dist/store/file-source.js';
import { scratchDirectory } from '../store/scratch.js';
import { ServedRig } from './served-rig.js';

const scratch = await scratchDirectory();
let rigCount = 0;

/** A rig with one object on the air, version 1 of the file "a". */
async function onAir(): Promise<ServedRig> {
  const rig = await ServedRig.make(join(scratch, String(rigCount++)));
  await rig.write('a', 'first content');
  expect(await rig.update('a', {})).toBeUndefined();
  expect(rig.onAir).toEqual(['a 1']);
  return rig;
}

describe('a reload of an object on the air', () => {
  it('leaves it there when the file of its next version is missing', async () => {
    const rig = await onAir();
    const refused = await rig.update('a', { file: 'missing', version: 2 });
    expect(refused).toMatchObject({
      version: 2,
      sentVersion: 1,
      retryMs: undefined,
      error: { code: 'FILE_NOT_FOUND' },
    });
    expect([rig.onAir, rig.told('withdraw')]).toEqual([['a 1'], []]);
  });

  it('leaves it there when the file has other content under the same version', async () => {
    const rig = await onAir();
    await rig.write('b', 'other content');
    const refused = await rig.update('a', { file: 'b' });
    expect(refused).toMatchObject({ version: 1, sentVersion: 1, error: { code: 'VERSION_REFUSED' } });
    expect(rig.onAir).toEqual(['a 1']);
  });

  it('leaves the copy of a folder there when the folder has changed into one that cannot be sent, or is gone', async () => {
    const rig = await ServedRig.make(join(scratch, String(rigCount++)));
    await mkdir(rig.path('folder'));
    const tree = { file: undefined, dir: 'folder' };
    expect(await rig.update('a', tree)).toBeUndefined();
    await rig.write('folder/bad\nname', '');
    expect(await rig.update('a', { ...tree, version: 2 })).toMatchObject({
      sentVersion: 1,
      error: { code: 'TREE_INVALID' },
    });
    await rm(rig.path('folder'), { recursive: true });
    expect(await rig.update('a', { ...tree, version: 3 })).toMatchObject({ sentVersion: 1 });
    expect([rig.onAir, rig.told('withdraw')]).toEqual([['a 1'], []]);
  });

  it('leaves it there when the network refuses the next version, and tries the next version again', async () => {
    const rig = await onAir();
    await rig.write('b', 'other content');
    rig.refusal = new LayercastError('NETWORK_UNAVAILABLE', 'refused');
    const refused = await rig.update('a', { file: 'b', version: 2 });
    expect(refused).toMatchObject({ sentVersion: 1, retryMs: 1000 });
    expect(rig.onAir).toEqual(['a 1']);
    rig.refusal = undefined;
    await rig.clock.passUntil(() => rig.onAir.includes('a 2'));
    expect(rig.onAir).toEqual(['a 2']);
  });

  it.each([
    ['fleet', { fleet: 'g' }],
    ['server', { servers: { t: {} } }],
  ])('takes it off the air when it belongs to another %s now and its file is missing', async (_, frame) => {
    const rig = await onAir();
    const refused = await rig.update('a', { file: 'missing', version: 2 }, frame);
    expect(refused).toMatchObject({ version: 2, sentVersion: undefined });
    expect([rig.onAir, rig.told('withdraw')]).toEqual([[], [[1, 'FILE_NOT_FOUND', undefined]]]);
  });

  it('replaces it by its next version in one step', async () => {
    const rig = await onAir();
    await rig.write('b', 'other content');
    await rig.update('a', { file: 'b', version: 2 });
    expect([rig.onAir, rig.told('withdraw'), rig.told('publish').length]).toEqual([['a 2'], [], 2]);
  });

  it('leaves it there until its next version is ready, though its file is that of the next version already', async () => {
    const rig = await onAir();
    const { source } = rig.object('a').onAir!.prepared;
    await rig.write('next', 'other content');
    await rename(rig.path('next'), rig.path('a'));
    rig.object('a').expectUpdate();
    await rig.object('a').check();
    const read = Buffer.alloc(source.sizeBytes);
    await source.read(0, read);
    expect([read.toString(), rig.onAir]).toEqual(['first content', ['a 1']]);
    expect(await rig.update('a', { version: 2 })).toBeUndefined();
    expect([rig.onAir, rig.told('withdraw')]).toEqual([['a 2'], []]);
    await rig.write('a', 'CONTENT');
    await rig.object('a').check();
    expect(rig.onAir).toEqual([]);
  });

  it('leaves it there when another reload follows, for which its file may have been replaced', async () => {
    const rig = await onAir();
    await rig.write('next', 'other content');
    await rename(rig.path('next'), rig.path('a'));
    rig.isReloadDue = true;
    expect(await rig.update('a', {})).toBeUndefined();
    await rig.object('a').check();
    expect([rig.onAir, rig.told('withdraw')]).toEqual([['a 1'], []]);
    rig.isReloadDue = false;
    expect(await rig.update('a', { version: 2 })).toBeUndefined();
    expect([rig.onAir, rig.told('withdraw')]).toEqual([['a 2'], []]);
  });

  it('changes nothing when nothing has changed', async () => {
    const rig = await onAir();
    const before = rig.broadcast.objects[0];
    await rig.update('a', {}, { announceInterval: '2s' });
    expect(rig.broadcast.objects[0]).toBe(before);
  });

  it('signs it with another key, or another date, while its channels go on', async () => {
    const rig = await onAir();
    const [before] = rig.broadcast.objects;
    const record = () => Buffer.concat([...before!.publication.announcement]).toString('hex');
    const first = record();
    rig.key = generateKeyPairSync('ed25519').privateKey;
    await rig.update('a', {});
    const second = record();
    await rig.update('a', { expires: '30d' });
    expect(before!.publication.descriptor.expiresS).toBeDefined();
    expect(new Set([first, second, record()]).size).toBe(3);
    expect([rig.broadcast.objects[0] === before, rig.told('publish').length]).toEqual([true, 1]);
  });
});

describe('an object that is encrypted', () => {
  it('is sent as ciphertext, and again with the next version when its content key was replaced at the same path', async () => {
    const rig = await onAir();
    await rig.write('content.key', 'ab'.repeat(32));
    const object = { contentKey: 'content.key', version: 2 };
    expect(await rig.update('a', object)).toBeUndefined();
    const digest = () => Buffer.from(rig.broadcast.objects[0]!.publication.descriptor.sha256).toString('hex');
    const { encryption } = rig.broadcast.objects[0]!.publication.descriptor;
    expect(encryption).toMatchObject({ plaintextMac: expect.any(Uint8Array), keyCheck: expect.any(Uint8Array) });
    const first = digest();
    await rig.write('content.key', 'cd'.repeat(32));
    // Other bytes must not be sent as the same version.
    expect(await rig.update('a', object)).toMatchObject({ error: { code: 'VERSION_REFUSED' } });
    expect(await rig.update('a', { ...object, version: 3 })).toBeUndefined();
    expect(digest()).not.toBe(first);
    await rig.write('content.key', 'no key');
    expect(await rig.update('a', { ...object, version: 4 })).toMatchObject({ error: { code: 'KEY_INVALID' } });
  });
});

describe('an object that has failed', () => {
  it.each([
    ['a hard link', (path: string) => link(path, `${path}.backup`)],
    ['other permissions', (path: string) => chmod(path, 0o600)],
    ['another date', (path: string) => utimes(path, 1e9, 1e9)],
    [
      'a copy put there instead',
      async (path: string) => {
        await copyFile(path, `${path}.copy`);
        await rename(`${path}.copy`, path);
      },
    ],
  ])('because its file got %s is hashed again and comes back by itself', async (_, change) => {
    const rig = await onAir();
    await change(rig.path('a'));
    await rig.object('a').check();
    expect([rig.onAir, rig.told('withdraw')]).toEqual([[], [[1, 'OBJECT_CHANGED', 0]]]);
    await rig.clock.passUntil(() => rig.onAir.length === 1);
    expect([rig.told('publish').length, rig.told('refuse')]).toEqual([2, []]);
  });

  it('because its file has other content stays off the air until a reload, and says why once', async () => {
    const rig = await onAir();
    await rig.write('a', 'FIRST content');
    await rig.object('a').check();
    await rig.clock.passUntil(() => rig.told('refuse').length > 0);
    expect(rig.told('refuse')).toEqual([[1, 'VERSION_REFUSED', undefined]]);
    await rig.clock.pass(200);
    expect([rig.onAir, rig.told('refuse').length, rig.object('a').isIdle]).toEqual([[], 1, true]);
    expect(await rig.update('a', { version: 2 })).toBeUndefined();
    expect(rig.onAir).toEqual(['a 2']);
  });

  it.each([
    ['was moved away', 'FILE_NOT_FOUND', (path: string) => rename(path, `${path}.away`)],
    [
      'became a dangling link',
      'FILE_NOT_FOUND',
      (path: string) => rename(path, `${path}.away`).then(() => symlink('nowhere', path)),
    ],
  ])('because its file %s counts as idle, and comes back with the file', async (_, code, takeAway) => {
    const rig = await onAir();
    await takeAway(rig.path('a'));
    await rig.object('a').check();
    await rig.clock.passUntil(() => rig.told('refuse').length > 0);
    expect(rig.told('refuse')).toEqual([[1, code, 2000]]);
    expect(rig.object('a').isIdle).toBe(true);
    await rename(rig.path('a.away'), rig.path('a'));
    await rig.clock.passUntil(() => rig.onAir.length === 1);
    expect([rig.told('publish').length, rig.told('refuse').length]).toEqual([2, 1]);
  });

  it('at first, because its file is missing, waits for a reload', async () => {
    const rig = await ServedRig.make(join(scratch, String(rigCount++)));
    expect(await rig.update('a', {})).toMatchObject({ retryMs: undefined, error: { code: 'FILE_NOT_FOUND' } });
    expect(rig.object('a').isIdle).toBe(true);
  });

  it('does not emit the reason of its first refusal again', async () => {
    const rig = await ServedRig.make(join(scratch, String(rigCount++)));
    await rig.write('a', 'first content');
    rig.refusal = new LayercastError('NETWORK_UNAVAILABLE', 'refused');
    expect(await rig.update('a', {})).toMatchObject({ retryMs: 1000 });
    await rig.clock.pass(10);
    expect(rig.told('refuse')).toEqual([]);
    rig.refusal = undefined;
    await rig.clock.passUntil(() => rig.onAir.length === 1);
  });

  it('is tried again with growing pauses of a minute at most', async () => {
    const rig = await onAir();
    rig.refusal = new LayercastError('NETWORK_UNAVAILABLE', 'refused');
    await rig.broadcast.fail(rig.broadcast.objects[0]!, new LayercastError('FILE_IO', 'a disk error'));
    expect(rig.told('withdraw')).toEqual([[1, 'FILE_IO', 1000]]);
    expect(rig.object('a').isIdle).toBe(false);
    await rig.clock.passUntil(() => rig.told('refuse').length > 0);
    // The same reason is emitted once.
    expect(rig.told('refuse')).toEqual([[1, 'NETWORK_UNAVAILABLE', 2000]]);
    await rig.clock.pass(150);
    expect(rig.told('refuse').length).toBe(1);
    rig.refusal = undefined;
    const fromUs = rig.clock.nowUs();
    await rig.clock.passUntil(() => rig.onAir.length === 1);
    // Without a bound, the next pause would have 105 s left. The clock of the test goes on while files are read.
    expect(rig.clock.nowUs() - fromUs).toBeLessThan(100e6);
  }, 30_000);

  it('and whose settings change meanwhile is tried with the new settings', async () => {
    const rig = await onAir();
    rig.refusal = new LayercastError('NETWORK_UNAVAILABLE', 'refused');
    await rig.broadcast.fail(rig.broadcast.objects[0]!, new LayercastError('FILE_IO', 'a disk error'));
    await rig.write('b', 'other content');
    rig.refusal = undefined;
    await rig.update('a', { file: 'b', version: 2 });
    await rig.clock.pass(5);
    expect([rig.onAir, rig.told('publish').length]).toEqual([['a 2'], 2]);
  });

  it('and was removed from the fleet file does not come back', async () => {
    const rig = await onAir();
    await rig.broadcast.fail(rig.broadcast.objects[0]!, new LayercastError('FILE_IO', 'a disk error'));
    await rig.object('a').remove();
    await rig.clock.pass(5);
    expect([rig.onAir, rig.object('a').isIdle]).toEqual([[], true]);
  });
});

describe('the check of a file', () => {
  it('does not begin again before the file system has answered', async () => {
    const rig = await onAir();
    const { source } = rig.object('a').onAir!.prepared;
    let answer: () => void = () => undefined;
    const looking = vi.spyOn(source, 'checkUnchanged').mockImplementation(() => new Promise((done) => (answer = done)));
    const first = rig.object('a').check();
    await Promise.all([rig.object('a').check(), rig.object('a').check()]);
    expect(looking).toHaveBeenCalledTimes(1);
    answer();
    await first;
    void rig.object('a').check();
    expect(looking).toHaveBeenCalledTimes(2);
    answer();
  });
});

describe('a record with a date', () => {
  it('is renewed at half of its life, and when the clock was set back to before it was signed', async () => {
    const rig = await onAir();
    await rig.update('a', { expires: '100s' });
    const descriptor = () => rig.broadcast.objects[0]!.publication.descriptor;
    // The object was signed in this very second without a date, so its next record is a second later.
    const firstS = descriptor().createdS;
    await rig.clock.pass(49);
    await rig.object('a').renew();
    expect(descriptor().createdS).toBe(firstS);
    await rig.clock.pass(2);
    await rig.object('a').renew();
    expect(descriptor().createdS).toBe(firstS + 50);
    rig.clock.wallStepUs = -3600e6;
    await rig.object('a').renew();
    expect(descriptor().createdS).toBe(firstS + 50 - 3600);
    expect(rig.told('publish').length).toBe(1);
  });
});

describe('an object whose disk stops to answer while it is hashed', () => {
  /** A rig with such an object, `b`, and a healthy file of the same name. */
  async function hanging() {
    const rig = await ServedRig.make(join(scratch, String(rigCount++)));
    await mkdir(rig.path('away'));
    await Promise.all(['away/b', 'a', 'b'].map((path) => rig.write(path, 'some')));
    const reading = vi.spyOn(FileSource.prototype, 'read').mockImplementation(() => new Promise(() => {}));
    const update = rig.update('b', { file: 'away/b' });
    update.catch(() => undefined);
    await vi.waitFor(() => expect(reading).toHaveBeenCalled(), { timeout: 20_000 });
    reading.mockRestore();
    return { rig, update };
  }

  it('holds up no other object, and not the stop of its server', async () => {
    const { rig, update } = await hanging();
    const other = rig.update('a', {});
    await rig.clock.passUntil(() => rig.onAir.length > 0);
    expect([await other, rig.onAir]).toEqual([undefined, ['a 1']]);
    await rig.stop();
    await expect(update).rejects.toThrow('stopped');
  });

  it('is sent when a reload names another file', async () => {
    const { rig, update } = await hanging();
    void rig.update('b', { version: 2 });
    await rig.clock.passUntil(() => rig.onAir.length > 0);
    expect(rig.onAir).toEqual(['b 2']);
    await expect(update).rejects.toThrow('read again');
  });
});

describe('while another object is hashed', () => {
  /** A rig with an object on the air and another whose hashing takes a while: a sparse file of zeros. */
  async function hashing() {
    const rig = await onAir();
    await rig.write('large', '');
    await truncate(rig.path('large'), 400e6);
    const large = rig.update('large', {});
    large.catch(() => undefined);
    await vi.waitFor(() => expect(rig.told('hashing').length).toBeGreaterThan(0), { timeout: 20_000 });
    return { rig, large };
  }

  it('an object that fails leaves the air at once', async () => {
    const { rig, large } = await hashing();
    await rig.write('a', 'FIRST content');
    await rig.object('a').check();
    expect([rig.onAir, rig.told('withdraw').length]).toEqual([[], 1]);
    await large;
    expect(rig.onAir).toEqual(['large 1']);
  });

  it('a server that stops ends the hashing and puts nothing on the air any more', async () => {
    const { rig, large } = await hashing();
    const hashedCount = rig.told('hashing').length;
    await rig.stop();
    await expect(large).rejects.toThrow();
    expect([rig.onAir, rig.told('publish').length, rig.told('hashing').length]).toEqual([[], 1, hashedCount]);
  });
});
