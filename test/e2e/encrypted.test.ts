import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, failed, progressBeyond, Scene } from './scene.js';

describeBed('an object that is encrypted', () => {
  let scene: Scene;
  let bytes: Buffer;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
    bytes = scene.random('image', 4e6);
    for (const name of ['content.key', 'other.key']) {
      const { code } = await scene.layercast('alpha', ['keygen', '--content', scene.path(name)]).exited;
      expect(code).toBe(0);
    }
    const channels = [{ rate: '16Mbit' }];
    const objects = {
      image: { file: 'image', channels, contentKey: 'content.key' },
      coded: { file: 'image', channels, contentKey: 'content.key', code: 'raptorq' },
    };
    await scene.serve('alpha', scene.fleet({ fleet: 'acme', objects }), ['image', 'coded']);
  }, 60_000);
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('is received with its content key, and by the run after one that was killed', { timeout: 60_000 }, async () => {
    const key = ['--content-key', scene.path('content.key')];
    const killed = scene.fetch('r1', 'acme/image', 'killed', key);
    await progressBeyond(killed, 0.3);
    killed.kill('SIGKILL');
    await killed.exited;
    // What is on disk until the object is whole says nothing to somebody without the key.
    expect(readFileSync(scene.path('killed.part')).subarray(0, 1e6).equals(bytes.subarray(0, 1e6))).toBe(false);
    const complete = await completed(scene.fetch('r1', 'acme/image', 'killed', key));
    expect(complete.resumedBytes).toBeGreaterThan(0);
    expect(readFileSync(scene.path('killed')).equals(bytes)).toBe(true);
    const again = await completed(scene.fetch('r1', 'acme/image', 'killed', key));
    expect(again).toMatchObject({ resumedBytes: bytes.length, datagrams: 0 });
    await completed(scene.fetch('r1', 'acme/coded', 'coded', key));
    expect(readFileSync(scene.path('coded')).equals(bytes)).toBe(true);
  });

  test.each([
    [[], 'no content key'],
    [['--content-key', 'other.key'], 'another content key'],
  ])('is refused with %j, with exit code 4, before anything is written', { timeout: 30_000 }, async (flags, why) => {
    const folder = `refused-${flags.length}`;
    mkdirSync(scene.path(folder));
    const more = flags.map((flag) => (flag.startsWith('--') ? flag : scene.path(flag)));
    const end = await failed(scene.fetch('r1', 'acme/image', join(folder, 'out'), more));
    expect(end).toMatchObject({ exitCode: 4, code: 'ENCRYPTED', message: expect.stringContaining(why) });
    expect(readdirSync(scene.path(folder))).toEqual([]);
  });
});
