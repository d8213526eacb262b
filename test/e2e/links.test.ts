import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { sentMore } from './measure.js';
import { completed, groupsOf, progressBeyond, Scene, type Server } from './scene.js';

describeBed('an interface that goes down and comes back', () => {
  let scene: Scene;
  let bytes: Buffer;
  let server: Server;
  let group: string;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
    bytes = scene.random('image', 2e6);
    const channels = [{ rate: '3Mbit' }, { rate: '3Mbit', offset: '50%' }];
    const config = scene.fleet({ fleet: 'acme', objects: { image: { file: 'image', channels } } });
    server = await scene.serve('alpha', config);
    group = groupsOf(server, 'image')[0]!;
  });
  afterEach(() => scene.bed.host('r1').end());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('at a receiver costs time and nothing else', { timeout: 60_000 }, async () => {
    const { bed } = scene;
    const receiving = scene.fetch('r1', 'acme/image', 'down-here');
    await progressBeyond(receiving, 0.1);
    await bed.host('r1').linkDown();
    await sentMore(bed, 'alpha', group, 250);
    await bed.host('r1').linkUp();
    const complete = await completed(receiving);
    expect(complete.resumedBytes).toBe(0);
    expect(complete.lostDatagrams).toBeGreaterThanOrEqual(225);
    expect(readFileSync(scene.path('down-here')).equals(bytes)).toBe(true);
  });

  test('at a server is reported, and its receivers finish', { timeout: 60_000 }, async () => {
    const { bed } = scene;
    const receiving = scene.fetch('r1', 'acme/image', 'down-there');
    await progressBeyond(receiving, 0.1);
    await bed.host('alpha').linkDown();
    const down = await server.process.waitForEvent(
      ({ event, failure }) => event === 'network' && failure !== undefined,
    );
    expect(down.failure).toMatch(/^E[A-Z]+$/);
    await bed.host('alpha').linkUp();
    await server.process.waitForEvent(
      ({ event, object, channel, failure }) =>
        event === 'network' && object === down.object && channel === down.channel && failure === undefined,
    );
    await completed(receiving);
    expect(readFileSync(scene.path('down-there')).equals(bytes)).toBe(true);
    // Announcements are back as well: a new receiver finds the object.
    await scene.fetched('r1', 'acme/image', 'found-anew');
  });
});
