import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent, LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';
import { layNat } from './behind-nat.js';
import { eventsOf, Scene, type Server } from './scene.js';

const example = fileURLToPath(new URL('../../examples/sleepy-device.yaml', import.meta.url));
const TOKEN = 'e'.repeat(64);
const BYTES = 100_000;
const LONG = { timeout: 120_000 };

/** The device of examples/sleepy-device.yaml behind a NAT, with its manager, its gateway and a server. It wakes every 15 s in place of 6 h. */
describeBed('a device that sleeps', () => {
  let scene: Scene;
  let server: Server;
  let device: LabProcess;

  const publish = (version: number): string => {
    scene.random('image', BYTES);
    const object = { file: 'image', version, channels: [{ rate: '10Mbit' }] };
    return scene.fleet({ fleet: 'acme', blockSymbols: 20, interface: 'eth0', objects: { firmware: object } });
  };
  const publishAnew = (version: number) => {
    publish(version);
    server.process.kill('SIGHUP');
  };
  const hears = (wanted: Partial<LabEvent>) =>
    device.waitForEvent((event) => Object.entries(wanted).every(([key, value]) => event[key] === value), {
      timeoutMs: 60_000,
    });
  const isInstalled = () => readFileSync(scene.path('firmware.img')).equals(readFileSync(scene.path('image')));

  const ask = async (path: string, ...more: readonly string[]) => {
    const args = ['-sS', '--max-time', '20', '-H', `Authorization: Bearer ${TOKEN}`, ...more];
    const text = await scene.bed.host('m').run('curl', [...args, `http://127.0.0.1:8090${path}`]);
    return text.startsWith('{') ? JSON.parse(text) : {};
  };
  const known = () => ask('/devices/device-17');
  const trigger = (order: object) => {
    const body = JSON.stringify({ devices: ['device-17'], ...order });
    return ask('/triggers', '-H', 'Content-Type: application/json', '-d', body);
  };
  const isAsleep = () => until('the manager knows that it sleeps', async () => (await known()).isAwake === false);
  const isDelivered = ({ id }: { readonly id: string }) =>
    until('the trigger is delivered', async () => (await known()).lastTrigger?.id === id, 60_000);

  const start = (host: string, command: string, settings: string): LabProcess => {
    writeFileSync(scene.path(`${command}.yaml`), settings);
    return scene.layercast(host, [command, '--config', scene.path(`${command}.yaml`)]);
  };

  beforeAll(async () => {
    scene = await Scene.lay(['m', 'nat', 'd', 'alpha', 'gate']);
    await layNat(scene);
    const [atManager, atGateway] = ['m', 'gate'].map((name) => `[${scene.bed.host(name).address}]`);
    writeFileSync(scene.path('tokens'), TOKEN);
    const managing = { coap: `${atManager}:5683`, allow: ['fd00:1::/64'], tokens: 'tokens' };
    const manager = start('m', 'manager', JSON.stringify(managing));
    await until('the manager listens', async () => manager.stderr.includes('/devices'));
    const keeping = { fleet: 'acme', key: scene.publicKey, objects: ['**'], folder: 'kept', listen: '0' };
    start('gate', 'gateway', JSON.stringify({ ...keeping, coap: `${atGateway}:5683` }));
    server = await scene.serve('alpha', publish(1));
    const settings = readFileSync(example, 'utf8')
      .replace('key: layercast.pub', `key: ${scene.publicKey}\ninterface: eth0`)
      .replace('every: 6h, for: 5min', 'every: 15s, for: 12s')
      .replace('//manager.acme.example', `//${atManager}`)
      .replace('//gateway.acme.example', `//${atGateway}`);
    writeFileSync(scene.path('agent.yaml'), settings);
    device = scene.layercast('d', ['agent', '--config', scene.path('agent.yaml'), '--json']);
  }, 60_000);
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test(
    'device-initiated: it receives what is announced when it starts, and what came while it slept at a timed wake',
    LONG,
    async () => {
      await hears({ event: 'state', version: 1, state: 'applied' });
      await hears({ event: 'sleep' });
      expect(isInstalled()).toBe(true);
      const wakes = eventsOf(device, 'wake').length;
      publishAnew(2);
      await hears({ event: 'state', version: 2, state: 'applied' });
      expect(eventsOf(device, 'wake').length).toBeGreaterThan(wakes);
      expect(isInstalled()).toBe(true);
    },
  );

  test(
    'manager-initiated: a trigger waits at the manager while it sleeps, and goes through the NAT at its next wake',
    LONG,
    async () => {
      await isAsleep();
      const { objects, address, isReachable } = await known();
      expect(objects).toMatchObject([{ object: 'firmware', version: 2, state: 'applied' }]);
      expect(address).toContain(`[${scene.bed.host('nat').address}]`);
      expect(isReachable).toBe(false);
      const [queued] = (await trigger({ object: 'firmware' })).triggers;
      expect((await known()).triggers).toMatchObject([{ attempts: 0 }]);
      await isDelivered(queued);
      expect((await known()).lastTrigger.result).toBe('delivered');
    },
  );

  test(
    'delegated: the server is gone; it has the record from its manager, and the bytes from a gateway',
    LONG,
    async () => {
      await isAsleep();
      const config = publish(3);
      server.process.kill('SIGHUP');
      await until('the gateway has version 3', async () => {
        const path = scene.path('kept/firmware');
        return readFileSync(path).equals(readFileSync(scene.path('image')));
      });
      server.process.kill('SIGTERM');
      await server.process.exited;
      const signing = ['sign', '--config', config, '--key', scene.path('keys/layercast.key')];
      await scene.layercast('alpha', [...signing, '--out', scene.path('records')]).exited;
      const [name] = readdirSync(scene.path('records'));
      const record = readFileSync(join(scene.path('records'), name!)).toString('base64');
      const [queued] = (await trigger({ record })).triggers;
      await isDelivered(queued);
      await hears({ event: 'state', version: 3, state: 'applied' });
      expect(isInstalled()).toBe(true);
    },
  );
});
