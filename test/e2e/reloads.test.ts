import { linkSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';
import { sentMore } from './measure.js';
import { eventsOf, failed, groupsOf, Scene } from './scene.js';

describeBed('a server whose files, keys and interfaces change', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
    scene.random('image', 1e6);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test.concurrent('publishes once when it is told to reload three times while it hashes for the first time', async () => {
    writeFileSync(scene.path('large'), 'x');
    truncateSync(scene.path('large'), 600e6);
    const config = fleet('hashing', { large: { file: 'large' } });
    const server = scene.layercast('alpha', ['serve', '--config', config, '--json']);
    await server.waitForEvent('hashing', { timeoutMs: 30_000 });
    for (let i = 0; i < 3; i++) server.kill('SIGHUP');
    const published = await server.waitForEvent('publish', { timeoutMs: 60_000 });
    const [{ group }] = published.channels as [{ group: string }];
    await sentMore(scene.bed, 'alpha', group, 100);
    expect(eventsOf(server, 'publish')).toHaveLength(1);
    const before = await scene.bed.port('alpha').received(group);
    const startedMs = performance.now();
    await sentMore(scene.bed, 'alpha', group, 300);
    const after = await scene.bed.port('alpha').received(group);
    // One sequence at 2 Mbit/s is 195 datagrams a second; two senders would send twice as many.
    expect((after.packets - before.packets) / ((performance.now() - startedMs) / 1000)).toBeLessThan(300);
    await ended(server);
  });

  test.concurrent('goes on with the version on the air when the file of the next one is missing', async () => {
    const config = fleet('missing', { image: {} });
    const server = await scene.serve('alpha', config);
    fleet('missing', { image: { file: 'nowhere', version: 2 } });
    server.process.kill('SIGHUP');
    expect(await server.process.waitForEvent('refuse')).toMatchObject({
      object: 'image',
      version: 2,
      sentVersion: 1,
      code: 'FILE_NOT_FOUND',
      hint: expect.stringContaining('objects.image'),
    });
    expect(await server.process.waitForEvent('reloadFailed')).toMatchObject({ code: 'FILE_NOT_FOUND' });
    await sentMore(scene.bed, 'alpha', groupsOf(server, 'image')[0]!, 100);
    expect(eventsOf(server.process, 'withdraw')).toEqual([]);
    await ended(server.process);
  });

  test.concurrent('comes back by itself when the file got a hard link or was replaced by the same bytes', async () => {
    const bytes = scene.random('linked', 1e6);
    const config = fleet('linked', { image: { file: 'linked' } });
    const { process } = await scene.serve('alpha', config);
    linkSync(scene.path('linked'), scene.path('backup'));
    await process.waitForEvent('withdraw');
    await until('it is published again', async () => eventsOf(process, 'publish').length === 2);
    writeFileSync(scene.path('copy'), bytes);
    renameSync(scene.path('copy'), scene.path('linked'));
    await until('it is published once more', async () => eventsOf(process, 'publish').length === 3);
    scene.random('linked', 1e6);
    expect(await process.waitForEvent('refuse')).toMatchObject({ code: 'VERSION_REFUSED' });
    await ended(process);
  });

  test.concurrent('signs with the key that lies at the same path now', async () => {
    for (const folder of ['first-keys', 'second-keys']) {
      expect((await scene.layercast('r1', ['keygen', '--out', scene.path(folder)]).exited).code).toBe(0);
    }
    const config = fleet('signed', { image: {} }, { key: 'first-keys/layercast.key' });
    const server = await scene.serve('alpha', config);
    renameSync(scene.path('second-keys/layercast.key'), scene.path('first-keys/layercast.key'));
    server.process.kill('SIGHUP');
    const key = scene.path('second-keys/layercast.pub');
    const fetching = scene.layercast('r1', [
      'fetch',
      'signed/image',
      '--key',
      key,
      '-o',
      scene.path('signed'),
      '--json',
    ]);
    await fetching.waitForEvent('complete', { timeoutMs: 30_000 });
    // The server's own key follows from the fleet's, so the object is published with the new one.
    expect(eventsOf(server.process, 'publish')).toHaveLength(2);
    await ended(server.process);
  });

  test.concurrent('is refused where the same server of the same fleet runs already', async () => {
    const config = fleet('twice', { image: {} });
    const first = await scene.serve('alpha', config);
    const second = scene.layercast('alpha', ['serve', '--config', config, '--json']);
    expect(await failed(second)).toMatchObject({ exitCode: 1, code: 'FILE_IN_USE' });
    // Another host of the lab has another network namespace. So it counts as another machine, though it has the same disk.
    const state = ['--state', scene.path('state/alpha/layercast')];
    await ended((await scene.serve('r1', config, [], state)).process);
    await ended(first.process);
  });

  test.concurrent('waits for its interface, and sends nowhere else when that goes away', async () => {
    const config = fleet('waiting', { image: {} });
    const serving = scene.layercast('alpha', ['serve', '--config', config, '--json', '--interface', 'extra0']);
    expect(await serving.waitForEvent('waiting')).toMatchObject({ message: expect.stringContaining('extra0') });
    const refused = scene.layercast('alpha', [
      'serve',
      '--config',
      config,
      '--json',
      '--interface',
      'no0',
      '--no-wait',
    ]);
    expect(await failed(refused)).toMatchObject({ exitCode: 2, code: 'UNKNOWN_INTERFACE' });
    await addInterface();
    const published = await serving.waitForEvent('publish', { timeoutMs: 30_000 });
    const [{ group }] = published.channels as [{ group: string }];
    const alpha = scene.bed.host('alpha');
    await alpha.run('ip', ['link', 'delete', 'extra0']);
    await serving.waitForEvent(({ event, failure }) => event === 'network' && failure !== undefined);
    await addInterface();
    await serving.waitForEvent(({ event, channel, failure }) => {
      return event === 'network' && channel === 0 && failure === undefined;
    });
    expect((await scene.bed.port('alpha').received(group)).packets).toBe(0);
    await ended(serving);
  });

  test.concurrent('with nothing to send says so, and ends when it was asked to', async () => {
    scene.random('fading', 1e6);
    const config = fleet('idle', { image: { file: 'fading' } });
    const { process } = await scene.serve('alpha', config, [], ['--exit-when-idle']);
    writeFileSync(scene.path('fading'), 'other');
    expect(await failed(process)).toMatchObject({ exitCode: 1, code: 'NOTHING_TO_SEND' });
    expect(eventsOf(process, 'idle')).toHaveLength(1);
  });

  async function addInterface(): Promise<void> {
    const alpha = scene.bed.host('alpha');
    await alpha.run('ip', ['link', 'add', 'extra0', 'type', 'veth', 'peer', 'name', 'extra1']);
    await alpha.run('ip', ['link', 'set', 'extra1', 'up']);
    await alpha.run('ip', ['address', 'add', 'fd00:99::1/64', 'dev', 'extra0', 'nodad']);
    await alpha.run('ip', ['link', 'set', 'extra0', 'up']);
  }

  async function ended(process: LabProcess): Promise<void> {
    process.kill('SIGTERM');
    expect((await process.exited).code).toBe(143);
  }

  function fleet(name: string, objects: Readonly<Record<string, object>>, more: object = {}): string {
    const entries = Object.entries(objects).map(([object, entry]) => {
      return [object, { file: object, channels: [{ rate: '2Mbit' }], ...entry }] as const;
    });
    return scene.fleet({ fleet: name, objects: Object.fromEntries(entries), ...more });
  }
});
