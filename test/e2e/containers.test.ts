import { readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, failed, progressBeyond, Scene } from './scene.js';

const sizeBytes = 16e6;
/** Runs a command as a container does: as process 1 of a pid namespace of its own. */
const contained = { through: ['unshare', '-pf', '--kill-child', '--mount-proc'] };

describeBed('two containers with one volume', () => {
  let scene: Scene;
  let bytes: Buffer;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
    bytes = scene.random('image', sizeBytes);
    const config = scene.fleet({
      fleet: 'acme',
      objects: { image: { file: 'image', code: 'raptorq', channels: [{ rate: '8Mbit' }, { rate: '48Mbit' }] } },
      servers: { alpha: {} },
    });
    await scene.serve('alpha', config, ['image'], ['--host', 'alpha']);
  });
  afterEach(() => scene.bed.host('r1').end());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const fetch = (output: string, channel = 0) =>
    scene.fetch('r1', 'acme/image', output, ['--channels', String(channel)], contained);
  /** The pid of the command line itself, not of the program that runs it in its namespace. */
  const signalFetch = async (output: string, signal: string) => {
    const pattern = `main.js fetch .*${scene.path(output)} `;
    const pids = (await scene.bed.host('r1').run('pgrep', ['-f', pattern])).trim().split('\n');
    for (const pid of pids) {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
      if (name !== 'unshare') await scene.bed.host('r1').run('kill', [`-${signal}`, pid]);
    }
  };

  test('receive one at a time: the second is refused while the first receives', { timeout: 60_000 }, async () => {
    symlinkSync('shared', scene.path('link'));
    const first = fetch('shared');
    await progressBeyond(first, 0);
    for (const output of ['shared', 'link']) {
      expect(await failed(fetch(output))).toMatchObject({ exitCode: 1, code: 'FILE_IN_USE' });
    }
    expect(eventsOf(first, 'error')).toEqual([]);
  });

  test('keep a finished file safe from the container that was suspended', { timeout: 120_000 }, async () => {
    const first = fetch('stopped');
    await progressBeyond(first, 0.1);
    await signalFetch('stopped', 'STOP');
    const part = statSync(scene.path('stopped.part')).ino;
    const second = fetch('stopped', 1);
    const { resumedBytes } = await second.waitForEvent('descriptor', { timeoutMs: 60_000 });
    expect(resumedBytes).toBeGreaterThan(0);
    expect(statSync(scene.path('stopped.part')).ino).not.toBe(part);
    await completed(second);
    const finished = statSync(scene.path('stopped'), { bigint: true });
    await signalFetch('stopped', 'CONT');
    expect(await failed(first)).toMatchObject({ exitCode: 1, code: 'FILE_IN_USE' });
    expect(eventsOf(first, 'complete')).toEqual([]);
    expect(statSync(scene.path('stopped'), { bigint: true })).toMatchObject({
      ino: finished.ino,
      mtimeNs: finished.mtimeNs,
    });
    expect(readFileSync(scene.path('stopped')).equals(bytes)).toBe(true);
    expect(readdirSync(scene.folder).filter((name) => name.startsWith('stopped'))).toEqual(['stopped']);
  });
});
