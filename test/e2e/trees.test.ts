import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { harvest, plant } from '../tree/folders.js';
import { completed, failed, Scene, type Server } from './scene.js';

describeBed('a folder that is published as one object', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
    mkdirSync(scene.path('maps'));
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i % 7}/${i}`, `${i}\n`.repeat(i)]));
    plant(scene.path('maps'), { ...files, newest: '-> 1/1', 'bin/tool': 'x' });
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  function serve(version: number): Promise<Server> {
    const objects = { maps: { dir: 'maps', version, code: 'raptorq', channels: [{ rate: '8Mbit' }] } };
    return scene.serve('alpha', scene.fleet({ fleet: 'trees', objects }));
  }

  test('is the same folder at the receiver, also after kills, and its next version replaces it', async () => {
    const first = await serve(1);
    // Killed at any moment, from the first datagram to the swap: DIR is never there in part.
    for (const event of ['join', 'leave', 'leave']) {
      const cut = scene.fetch('r1', 'trees/maps', 'copy/');
      await cut.waitForEvent(event, { timeoutMs: 30_000 });
      cut.kill('SIGKILL');
      await cut.exited;
      if (existsSync(scene.path('copy'))) expect(harvest(scene.path('copy'))).toEqual(harvest(scene.path('maps')));
    }
    await completed(scene.fetch('r1', 'trees/maps', 'copy/'));
    expect(harvest(scene.path('copy'))).toEqual(harvest(scene.path('maps')));
    expect(await failed(scene.fetch('r1', 'trees/maps', 'file'))).toMatchObject({ exitCode: 2, code: 'USAGE' });

    writeFileSync(scene.path('maps/bin/tool'), 'y');
    rmSync(scene.path('maps/newest'));
    first.process.kill('SIGTERM');
    await first.process.exited;
    await serve(2);
    const second = await scene.fetched('r1', 'trees/maps', 'copy/');
    expect(second).toMatchObject({ version: 2, path: scene.path('copy') });
    expect(harvest(scene.path('copy'))).toEqual(harvest(scene.path('maps')));
    expect((await scene.fetched('r1', 'trees/maps', 'copy/')).datagrams).toBe(0);
    expect(readdirSync(scene.folder).filter((name) => name.startsWith('copy'))).toEqual(['copy']);
  }, 180_000);

  test('comes as an archive through a pipe', async () => {
    const state = scene.path('pipes');
    const args = ['fetch', 'trees/maps', '--key', scene.publicKey, '-o', '-', '--state', state];
    const script = `"$@" | tar t | wc -l > ${scene.path('count')}; exit \${PIPESTATUS[0]}`;
    const { argv0 } = process;
    const layercast = new URL('../../dist/cli/main.js', import.meta.url).pathname;
    const piped = scene.bed.host('r1').spawn('bash', ['-c', script, 'bash', argv0, layercast, ...args]);
    expect((await piped.exited).code).toBe(0);
    expect(
      spawnSync('cat', [scene.path('count')])
        .stdout.toString()
        .trim(),
    ).toBe('309');
  });
});
