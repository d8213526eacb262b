import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, failed, progressBeyond, Scene } from './scene.js';

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

  test('is received with its content key, and by the run after one that was killed', { timeout: 120_000 }, async () => {
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

  test('is received by an agent, which knows the file again after it was killed while the program ran', {
    timeout: 60_000,
  }, async () => {
    const agent = (name: string, settings: Readonly<Record<string, unknown>>, more: readonly string[] = []) => {
      const file = scene.path(`${name}.agent.yaml`);
      writeFileSync(file, JSON.stringify({ fleet: 'acme', key: 'keys/layercast.pub', state: 'agent', ...settings }));
      return scene.layercast('r1', ['agent', '--config', file, '--json', ...more]);
    };
    const subscribe = [{ object: 'coded', output: 'agent-out', contentKey: 'content.key', run: ['sleep', '30'] }];
    const first = agent('first', { subscribe, contentKey: 'other.key' });
    await first.waitForEvent('program', { timeoutMs: 30_000 });
    first.kill('SIGKILL');
    await first.exited;
    expect(readFileSync(scene.path('agent-out')).equals(bytes)).toBe(true);
    const again = [{ ...subscribe[0], contentKey: undefined, run: ['true'] }];
    const second = agent('second', { subscribe: again, contentKey: 'content.key' }, ['--once']);
    expect((await second.exited).code).toBe(0);
    expect(eventsOf(second, 'received')).toEqual([]);
    expect(eventsOf(second, 'program')).toMatchObject([{ version: 1, attempt: 2 }]);
    const refused = agent('third', { subscribe: again, contentKey: 'other.key', state: 'elsewhere' }, ['--once']);
    expect(await failed(refused)).toMatchObject({ exitCode: 4, code: 'ENCRYPTED' });
    expect(await failed(agent('fourth', { subscribe: again, contentKey: 'image' }))).toMatchObject({
      code: 'KEY_INVALID',
    });
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
