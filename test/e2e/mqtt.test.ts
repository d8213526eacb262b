import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent, LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';
import { eventsOf, Scene, type Server } from './scene.js';

const webServer = fileURLToPath(new URL('peers/web.mjs', import.meta.url));
const MOSQUITTO = '/usr/sbin/mosquitto';
/** Tests whose peer is mosquitto; the title says why they are skipped. */
const testMosquitto = test.skipIf(!existsSync(MOSQUITTO));
const skipped = existsSync(MOSQUITTO) ? '' : ' (skipped without the package mosquitto)';

describeBed(`agents at an MQTT broker${skipped}`, () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'broker', 'd1', 'd2', 'gate', 'd3']);
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
  function fleet(version: number, announceInterval = '1h'): string {
    if (announceInterval === '1h') scene.random('image', 400_000);
    return scene.fleet({
      fleet: 'acme',
      announceInterval,
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
        lostAfter: '3s',
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

  /** A gateway that has the fleet's objects, and serves them by CoAP. */
  function gateway(): LabProcess {
    const coap = `[${addressOf('gate')}]:5683`;
    const settings = { fleet: 'acme', key: scene.publicKey, objects: ['**'], folder: 'kept', listen: '0', coap };
    writeFileSync(scene.path('gateway.yaml'), JSON.stringify(settings));
    return scene.layercast('gate', ['gateway', '--config', scene.path('gateway.yaml'), '--json']);
  }

  const isWhole = (path: string) => readFileSync(scene.path(path)).equals(readFileSync(scene.path('image')));

  let broker: LabProcess;
  let server: Server;
  let first: LabProcess;
  let config: string;

  testMosquitto(
    'MQTT + multicast: an agent hears of a version there, receives it by multicast, and tells it',
    {
      timeout: 90_000,
    },
    async () => {
      broker = startBroker();
      config = fleet(1);
      server = await scene.serve('alpha', config);
      await release(config);
      first = agent('d1', {});
      await applied(first, 1);
      expect(isWhole('image-d1')).toBe(true);
      await until('the broker knows', async () => (await kept('layercast/acme/devices/d1/status')).includes('applied'));
      expect(await kept('layercast/acme/devices/d1/state')).toBe('online');
      expect(JSON.parse(await kept('layercast/acme/devices/d1/updates/image'))).toMatchObject({
        installed_version: '1',
        latest_version: '1',
        in_progress: false,
      });
      expect(JSON.parse(await kept('homeassistant/update/+/config'))).toMatchObject({ name: 'image' });
    },
  );

  testMosquitto(
    'an agent that is paused while the broker restarts goes on when it is told to',
    {
      timeout: 90_000,
    },
    async () => {
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
    },
  );

  testMosquitto(
    'MQTT + HTTP, MQTT + CoAP: agents without multicast fetch from the web and from a gateway',
    {
      timeout: 90_000,
    },
    async () => {
      const keeping = gateway();
      fleet(2, '200ms');
      server.process.kill('SIGHUP');
      const isKept = ({ event, version, path }: LabEvent) => event === 'state' && version === 2 && path !== undefined;
      await keeping.waitForEvent(isKept, { timeoutMs: 60_000 });
      server.process.kill('SIGTERM');
      await server.process.exited;
      const key = scene.path('keys/layercast.key');
      const signing = ['sign', '--config', config, '--key', key, '--out', scene.path('records')];
      await scene.layercast('alpha', [...signing, '--digests', scene.folder]).exited;
      const web = scene.bed.host('alpha').spawn(process.execPath, [webServer, scene.folder]);
      await web.waitForEvent('listening');
      const overHttp = agent('d2', { fill: [`http://[${addressOf('alpha')}]:8080/image`] });
      const overCoap = agent('d3', { fill: [`coap://[${addressOf('gate')}]/fw/{object}/bin`] });
      for (const one of [overHttp, overCoap]) await applied(one, 2);
      for (const path of ['image-d2', 'image-d3']) expect(isWhole(path)).toBe(true);
      overHttp.kill('SIGTERM');
      await overHttp.exited;
      expect(await kept('layercast/acme/devices/d2/state')).toBe('stopped');
    },
  );

  testMosquitto(
    'whoever subscribes hears that a device is lost, and not before its time',
    {
      timeout: 90_000,
    },
    async () => {
      first.kill('SIGKILL');
      const listener = scene.bed
        .host('broker')
        .spawn('mosquitto_sub', ['-h', addressOf('broker'), '-t', 'layercast/acme/devices/d1/state', '-W', '60']);
      await until('the will is told', async () => listener.stdout === 'online\nlost\n', 60_000);
    },
  );
});
