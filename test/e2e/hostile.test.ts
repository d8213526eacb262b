import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, type FleetText, groupsOf, Scene } from './scene.js';

const program = fileURLToPath(new URL('peers/rogue.mjs', import.meta.url));
const sizeBytes = 6e6;
const smallBytes = 2.5e6;
const channels = [{ rate: '10Mbit' }];

describeBed('a receiver among others', () => {
  let scene: Scene;
  let bytes: Buffer;
  let small: Buffer;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'beta', 'rogue', 'r1']);
    bytes = scene.random('image', sizeBytes);
    small = scene.random('small', smallBytes);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test.concurrent('counts by reason whatever is not the object, and writes none of it', async () => {
    const config = scene.fleet({ fleet: 'noisy', objects: { image: { file: 'image', channels } } });
    const server = await scene.serve('alpha', config);
    const [group] = groupsOf(server, 'image');
    const receiving = scene.fetch('r1', 'noisy/image', 'noisy');
    await receiving.waitForEvent('join');
    const kinds = [
      'random',
      'truncated',
      'otherTag',
      'wireVersion',
      'type',
      'wrongSize',
      'outOfRange',
      'cut',
      'digests',
    ];
    const rogue = attack({ group: group!, kinds, count: 100 * kinds.length });
    await rogue.waitForEvent('sending');
    // The server pauses, so that the receiver hears every kind of datagram before it is complete, however slow this host is.
    server.process.kill('SIGSTOP');
    const { sent } = await rogue.waitForEvent('sent');
    server.process.kill('SIGCONT');
    expect(sent).toMatchObject({ random: 100, digests: 100 });
    expect(eventsOf(receiving, 'complete')).toEqual([]);
    const complete = await completed(receiving);
    expect(complete.invalid).toEqual({
      foreign: 100,
      truncated: 100,
      otherObject: 100,
      wireVersion: 100,
      type: 100,
      contradiction: 100,
      outOfRange: 200,
      digests: 100,
    });
    expect(complete).toMatchObject({ invalidDatagrams: 900, lostDatagrams: 0, rejectedBlocks: 0 });
    expect(complete.payloadBytes - complete.duplicateBytes).toBe(sizeBytes);
    expect(readFileSync(scene.path('noisy')).equals(bytes)).toBe(true);
  });

  test.concurrent('finds forged symbols by the servers’ signatures, and is complete while they go on', {
    timeout: 60_000,
  }, async () => {
    const config = scene.fleet({ fleet: 'forged', objects: { image: { file: 'small', channels } } });
    const [group] = groupsOf(await scene.serve('alpha', config), 'image');
    const rogue = attack({ group: group!, kinds: ['forged'], intervalMs: 5 });
    await rogue.waitForEvent('sending');
    const receiving = scene.fetch('r1', 'forged/image', 'forged');
    expect(await receiving.waitForEvent('warning')).toMatchObject({ code: 'FORGED' });
    const complete = await completed(receiving);
    rogue.kill();
    const { forged = 0, unproven = 0 } = complete.invalid;
    expect(forged + unproven).toBeGreaterThan(0);
    expect(readFileSync(scene.path('forged')).equals(small)).toBe(true);
  });

  test.concurrent('takes the first of two files that were signed as one version, and says so', {
    timeout: 60_000,
  }, async () => {
    const other = scene.random('other', smallBytes);
    const text = (file: string): FleetText => ({
      fleet: 'torn',
      objects: { image: { file, channels } },
      servers: { alpha: {}, beta: { offset: '50%' } },
    });
    const [first, second] = [scene.fleet(text('small'), 'first.yaml'), scene.fleet(text('other'), 'second.yaml')];
    const alpha = await scene.serve('alpha', first, ['image'], ['--host', 'alpha']);
    const receiving = scene.fetch('r1', 'torn/image', 'torn');
    await receiving.waitForEvent('join');
    alpha.process.kill('SIGSTOP'); // until the receiver has heard the other server
    await scene.serve('beta', second, ['image'], ['--host', 'beta']);
    await receiving.waitForEvent('warning');
    alpha.process.kill('SIGCONT');
    const complete = await completed(receiving);
    expect(eventsOf(receiving, 'warning')).toEqual([expect.objectContaining({ code: 'CONFLICT' })]);
    expect(complete.invalid.otherObject).toBeGreaterThan(100);
    expect(complete.servers).toEqual([expect.objectContaining({ server: 'alpha', lostDatagrams: 0 })]);
    expect(readFileSync(scene.path('torn')).equals(small)).toBe(true);

    // When both servers send at once, the receiver takes the version that it hears first: one of the two files, never a mixture.
    const either = scene.fetch('r1', 'torn/image', 'either');
    const { sha256 } = await completed(either);
    expect(eventsOf(either, 'warning')).toEqual([expect.objectContaining({ code: 'CONFLICT' })]);
    expect(eventsOf(either, 'descriptor')).toEqual([expect.objectContaining({ sha256 })]);
    const result = readFileSync(scene.path('either'));
    expect([result.equals(small), result.equals(other)].toSorted()).toEqual([false, true]);
  });

  /** Without a count the rogue sends until it is killed. */
  function attack(options: {
    readonly group: string;
    readonly kinds: readonly string[];
    readonly count?: number;
    readonly intervalMs?: number;
  }) {
    return scene.bed.host('rogue').spawn(process.execPath, [program, JSON.stringify({ port: 4242, ...options })]);
  }
});
