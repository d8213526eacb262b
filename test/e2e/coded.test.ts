import { readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, progressBeyond, Scene } from './scene.js';
import { seededRandom } from './seeded-random.js';

/** Two blocks. The size is not a multiple of the symbol size, so that the last place is short. */
const [sizeBytes, blockSymbols] = [5_000_123, 2200];
const channels = [{ rate: '2Mbit' }, { rate: '2Mbit' }, { rate: '4Mbit' }];

describeBed('a coded object', () => {
  let scene: Scene;
  let bytes: Buffer;
  let config: string;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'beta', 'gamma', 'r1']);
    bytes = scene.random('image', sizeBytes);
    config = scene.fleet(fleetOf({ alpha: {}, beta: {} }));
  });
  afterEach(async () => {
    await scene.bed.host('r1').keep();
    await scene.clear();
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const fleetOf = (servers: object) => ({
    fleet: 'acme',
    blockSymbols,
    objects: { image: { file: 'image', code: 'raptorq', channels } },
    servers,
  });
  const serve = (host: string, file = config) => scene.serve(host, file, ['image'], ['--host', host]);

  test('arrives over a lossy link from two servers with next to no overhead', {
    timeout: 60_000,
  }, async () => {
    await scene.bed.host('r1').lose({ ratio: 0.05 });
    await Promise.all(['alpha', 'beta'].map((host) => serve(host)));
    // Which channels rate control joins on a lossy link within some seconds is not what this test is about.
    const complete = await scene.fetched('r1', 'acme/image', 'lossy', ['--channels', '0,1,2']);
    expect(readFileSync(scene.path('lossy')).equals(bytes)).toBe(true);
    expect(complete.servers.map(({ server }) => server).toSorted()).toEqual(['alpha', 'beta']);
    expect(complete.channels.map(({ channel }) => channel)).toEqual([0, 1, 2]);
    expect(complete.lostDatagrams).toBeGreaterThan(0);
    expect(complete.overhead).toBeLessThan(0.02);
  });

  test('resumes after kill -9 at random moments, and receives no symbol again that was kept', {
    timeout: 90_000,
  }, async () => {
    const { seed, random } = seededRandom();
    console.log(`moments of kill -9 by seed ${seed}`);
    await serve('alpha');
    let keptBytes = 0;
    for (let run = 0; run < 3; run++) {
      const receiving = scene.fetch('r1', 'acme/image', 'killed', ['--channels', '0,1']);
      const { resumedBytes } = await receiving.waitForEvent('descriptor');
      await receiving.waitForEvent('join');
      await delay(random() * 1500);
      receiving.kill('SIGKILL');
      await receiving.exited;
      expect(resumedBytes).toBeGreaterThanOrEqual(keptBytes);
      keptBytes = Number(resumedBytes);
      expect(statSync(scene.path('killed.part')).size).toBe(sizeBytes);
    }
    const complete = await scene.fetched('r1', 'acme/image', 'killed');
    expect(readFileSync(scene.path('killed')).equals(bytes)).toBe(true);
    expect(complete.resumedBytes).toBeGreaterThanOrEqual(keptBytes);
    expect(complete.resumedBytes).toBeGreaterThan(0);
    // Arcs are long, so a receiver that comes back hardly ever meets a symbol again.
    expect(complete.duplicateBytes).toBeLessThan(0.1 * sizeBytes);
  });

  test('is finished by the other server when one dies, and by a server that started later', {
    timeout: 60_000,
  }, async () => {
    const { process } = await serve('alpha');
    const receiving = scene.fetch('r1', 'acme/image', 'handed-over');
    await progressBeyond(receiving, 0.1);
    // The descriptor that the receiver has heard does not know this server.
    const wider = scene.fleet(fleetOf({ alpha: {}, beta: {}, gamma: {} }), 'wider.yaml');
    await serve('gamma', wider);
    await progressBeyond(receiving, 0.4);
    process.kill('SIGKILL');
    const complete = await completed(receiving);
    expect(readFileSync(scene.path('handed-over')).equals(bytes)).toBe(true);
    // One join hears all servers. (One fetch in two hundred joins again later, because its last block needs one more symbol.)
    expect(
      eventsOf(receiving, 'join')
        .slice(0, 3)
        .map(({ server, channel }) => [server, channel]),
    ).toEqual([0, 1, 2].map((i) => [null, i]));
    expect(complete.servers.map(({ server }) => server).toSorted()).toEqual(['alpha', 'gamma']);
    expect(complete.overhead).toBeLessThan(0.02);
  });

  test('whose channels are each complete by themselves needs one of them', { timeout: 60_000 }, async () => {
    scene.random('small', 3e6);
    const replicas = {
      mode: 'best',
      code: 'raptorq',
      file: 'small',
      channels: [{ rate: '4Mbit' }, { rate: '16Mbit' }],
    };
    await scene.serve('alpha', scene.fleet({ fleet: 'replicas', objects: { small: replicas } }), ['small']);
    for (const [output, more, channel] of [
      ['fastest', ['--channels', '1'], 1],
      ['fitting', ['--max-rate', '5Mbit'], 0],
    ] as const) {
      const complete = await scene.fetched('r1', 'replicas/small', output, more);
      expect(readFileSync(scene.path(output)).equals(readFileSync(scene.path('small')))).toBe(true);
      expect(complete.channels.map((one) => one.channel)).toEqual([channel]);
      expect(complete.overhead).toBeLessThan(0.02);
    }
  });
});
