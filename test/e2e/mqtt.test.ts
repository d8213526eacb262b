import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';
import { eventsOf, Scene } from './scene.js';

const webServer = fileURLToPath(new URL('peers/web.mjs', import.meta.url));
const MOSQUITTO = '/usr/sbin/mosquitto';

describeBed('agents at an MQTT broker', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'broker', 'd1', 'd2']);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const addressOf = (host: string) => scene.bed.host(host).address;

  function startBroker(): LabProcess {
    const lines = [
      `listener 1883 ${addressOf('broker')}`,
      'allow_anonymous true',
      'persistence true',
      `persistence_location ${scene.path('broker')}/`,
      'user root',
    ];
    mkdirSync(scene.path('broker'), { recursive: true });
    writeFileSync(scene.path('mosquitto.conf'), `${lines.join('\n')}\n`);
    return scene.bed.host('broker').spawn(MOSQUITTO, ['-c', scene.path('mosquitto.conf')]);
  }

  /** The fleet with this version. Announcements come once an hour, so what a device learns in this test, it learns from the broker. */
  function fleet(version: number): string {
    scene.random('image', 400_000);
    return scene.fleet({
      fleet: 'acme',
      announceInterval: '1h',
      blockSymbols: 100,
      mqtt: { url: `mqtt://[${addressOf('broker')}]` },
      objects: { image: { file: 'image', version, channels: [{ rate: '4Mbit' }] } },
    });
  }

  /** Tells the broker, which may just be starting. */
  async function release(config: string): Promise<void> {
    await until('the broker has the release', async () => {
      return (await scene.layercast('alpha', ['release', '--config', config]).exited).code === 0;
    });
  }

  function agent(host: string, subscription: Readonly<Record<string, unknown>>): LabProcess {
    const settings = {
      fleet: 'acme',
      key: scene.publicKey,
      subscribe: [{ object: 'image', output: `image-${host}`, ...subscription }],
      fillAfter: '1s',
      mqtt: {
        url: `mqtt://[${addressOf('broker')}]`,
        device: host,
        jitter: '0.1s',
        commands: ['pause', 'resume'],
        homeAssistant: 'homeassistant',
      },
    };
    writeFileSync(scene.path(`${host}.yaml`), JSON.stringify(settings));
    return scene.layercast(host, ['agent', '--config', scene.path(`${host}.yaml`), '--json']);
  }

  const applied = (process: LabProcess, version: number) =>
    process.waitForEvent((event) => event.event === 'state' && event.state === 'applied' && event.version === version, {
      timeoutMs: 60_000,
    });

  /** What the broker has kept on a topic. */
  async function kept(topic: string): Promise<string> {
    const args = ['-h', addressOf('broker'), '-t', topic, '-C', '1', '-W', '5'];
    const process = scene.bed.host('broker').spawn('mosquitto_sub', args);
    await process.exited;
    return process.stdout.trim();
  }

  const publish = (topic: string, payload: string, ...more: readonly string[]) =>
    scene.bed.host('broker').spawn('mosquitto_pub', ['-h', addressOf('broker'), '-t', topic, '-m', payload, ...more])
      .exited;

  test.skipIf(!existsSync(MOSQUITTO))(
    'hear of versions there, receive them by multicast or HTTP, and tell how they are (skipped without the package mosquitto)',
    { timeout: 150_000 },
    async () => {
      let broker = startBroker();
      const config = fleet(1);
      const server = await scene.serve('alpha', config);
      await release(config);
      // MQTT + multicast.
      const first = agent('d1', {});
      await applied(first, 1);
      expect(readFileSync(scene.path('image-d1')).equals(readFileSync(scene.path('image')))).toBe(true);
      await until('the broker knows', async () => (await kept('layercast/acme/devices/d1/status')).includes('applied'));
      expect(await kept('layercast/acme/devices/d1/state')).toBe('online');
      expect(JSON.parse(await kept('layercast/acme/devices/d1/updates/image'))).toMatchObject({
        installed_version: '1',
        latest_version: '1',
        in_progress: false,
      });
      expect(JSON.parse(await kept('homeassistant/update/+/config'))).toMatchObject({ name: 'image' });
      // The broker restarts while a version comes; the device is paused meanwhile, and is told to go on after it.
      const command = 'layercast/acme/devices/d1/command';
      await publish(command, 'pause', '-q', '1');
      await until('it pauses', async () =>
        (await kept('layercast/acme/devices/d1/status')).includes('"isPaused":true'),
      );
      broker.kill('SIGTERM');
      await broker.exited;
      fleet(2);
      server.process.kill('SIGHUP');
      await server.process.waitForEvent((event) => event.event === 'publish' && event.version === 2);
      broker = startBroker();
      await release(config);
      const isAnnounced = ({ event, state, version }: Readonly<Record<string, unknown>>) =>
        event === 'state' && state === 'announced' && version === 2;
      await first.waitForEvent(isAnnounced, { timeoutMs: 60_000 });
      expect(eventsOf(first, 'received')).toHaveLength(1);
      await publish(command, 'resume', '-q', '1');
      await applied(first, 2);
      // A device that is lost, and MQTT + HTTP: nothing is sent by multicast any more.
      first.kill('SIGKILL');
      server.process.kill('SIGTERM');
      await server.process.exited;
      const key = scene.path('keys/layercast.key');
      const signing = ['sign', '--config', config, '--key', key, '--out', scene.path('records')];
      await scene.layercast('alpha', [...signing, '--digests', scene.folder]).exited;
      const web = scene.bed.host('alpha').spawn(process.execPath, [webServer, scene.folder]);
      await web.waitForEvent('listening');
      const second = agent('d2', { fill: [`http://[${addressOf('alpha')}]:8080/image`] });
      await applied(second, 2);
      expect(readFileSync(scene.path('image-d2')).equals(readFileSync(scene.path('image')))).toBe(true);
      second.kill('SIGTERM');
      await second.exited;
      expect(await kept('layercast/acme/devices/d2/state')).toBe('stopped');
      // Whoever subscribes now hears "online" first, and "lost" when the broker tells the will, 30 s after the end.
      const listener = scene.bed
        .host('broker')
        .spawn('mosquitto_sub', ['-h', addressOf('broker'), '-t', 'layercast/acme/devices/d1/state', '-W', '60']);
      await until('the will is told', async () => listener.stdout.endsWith('lost\n'), 60_000);
    },
  );
});
