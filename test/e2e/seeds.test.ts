import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { eventsOf, type ObjectText, Scene } from './scene.js';

const sizeBytes = 3_000_000;

describeBed('a receiver with an older version', () => {
  let scene: Scene;
  let old: Buffer;
  let wanted: Buffer;
  beforeAll(async () => {
    scene = await Scene.lay(['server', 'r1', 'r2', 'r3']);
    old = scene.random('old.img', sizeBytes);
    // Seven bytes in front, and three places changed.
    wanted = Buffer.concat([randomBytes(7), old]);
    for (const at of [500_000, 1_500_000, 2_700_000]) randomBytes(4000).copy(wanted, at);
    writeFileSync(scene.path('new.img'), wanted);
    const channels = [{ rate: '8Mbit' }, { rate: '8Mbit' }];
    const firmware = { file: 'new.img', version: 2, code: 'raptorq', deltaFrom: ['old.img'], channels };
    await scene.serve('server', scene.fleet({ fleet: 'acme', objects: { firmware } }));
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('receives what has changed, and with a seed that is damaged or missing the rest, too', async () => {
    const damaged = Buffer.from(old.subarray(0, sizeBytes - 300_000)).fill(0, 1_000_000, 1_200_000);
    writeFileSync(scene.path('damaged.img'), damaged);
    const seed = (name: string) => ['--seed', scene.path(name)];
    const [changed, most, whole] = await Promise.all([
      scene.fetched('r1', 'acme/firmware', 'one.img', seed('old.img')),
      scene.fetched('r2', 'acme/firmware', 'two.img', [...seed('damaged.img'), ...seed('nothing.img')]),
      scene.fetched('r3', 'acme/firmware', 'three.img', seed('nothing.img')),
    ]);
    const sha256 = createHash('sha256').update(wanted).digest('hex');
    for (const name of ['one.img', 'two.img', 'three.img']) {
      expect(
        createHash('sha256')
          .update(readFileSync(scene.path(name)))
          .digest('hex'),
      ).toBe(sha256);
      expect(existsSync(scene.path(`${name}.part.delta`))).toBe(false);
    }
    expect(changed.seedBytes + changed.deltaBytes).toBe(wanted.length);
    expect(changed.payloadBytes).toBeLessThan(0.12 * sizeBytes);
    expect(most.seedBytes).toBeGreaterThan(0.7 * sizeBytes);
    expect(most.seedBytes + most.deltaBytes).toBeLessThan(wanted.length - 400_000);
    expect(whole).toMatchObject({ seedBytes: 0, deltaBytes: 0, resumedBytes: 0 });
  });

  test('of a folder receives the files that have changed', async () => {
    for (const name of ['tree1', 'tree2']) {
      mkdirSync(scene.path(`${name}/sub`), { recursive: true });
      writeFileSync(scene.path(`${name}/same`), old.subarray(0, 600_000));
      utimesSync(scene.path(`${name}/same`), 1e9, 1e9);
      writeFileSync(scene.path(`${name}/sub/changed`), `${name} `.repeat(5000));
    }
    const channels = [{ rate: '8Mbit' }];
    const first = { dir: 'tree1', version: 1, code: 'raptorq', channels };
    const text = (maps: ObjectText) => scene.fleet({ fleet: 'folders', objects: { maps } });
    const { process } = await scene.serve('server', text(first));
    const more = ['--seed', `${scene.path('maps')}/`];
    await scene.fetched('r1', 'folders/maps', 'maps/');
    text({ ...first, dir: 'tree2', version: 2, deltaFrom: ['tree1'] });
    process.kill('SIGHUP');
    await process.waitForEvent(({ event, version }) => event === 'publish' && version === 2);
    const changed = await scene.fetched('r1', 'folders/maps', 'maps/', more);
    expect(readFileSync(scene.path('maps/sub/changed'), 'utf8')).toBe('tree2 '.repeat(5000));
    expect(changed.seedBytes).toBeGreaterThan(550_000);
    expect(changed.payloadBytes).toBeLessThan(200_000);
  });

  test('goes on after kill -9 with what it has of the delta and of its seed', async () => {
    const more = ['--seed', scene.path('old.img'), '--channels', '0'];
    for (const event of ['join', 'seed']) {
      const killed = scene.fetch('r1', 'acme/firmware', 'killed.img', more);
      await killed.waitForEvent(event);
      killed.kill('SIGKILL');
      await killed.exited;
      expect(eventsOf(killed, 'complete')).toEqual([]);
    }
    const { seedBytes, deltaBytes, resumedBytes } = await scene.fetched('r1', 'acme/firmware', 'killed.img', more);
    expect(readFileSync(scene.path('killed.img')).equals(wanted)).toBe(true);
    expect(seedBytes + deltaBytes + resumedBytes).toBe(wanted.length);
  });
});
