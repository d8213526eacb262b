import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent, LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';
import { layNat } from './behind-nat.js';
import { eventsOf, Scene } from './scene.js';

const coapDevice = fileURLToPath(new URL('peers/coap-device.mjs', import.meta.url));
const TOKEN = 'e'.repeat(64);

describeBed('a manager', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['m', 'nat', 'd']);
    await layNat(scene);
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const startManager = async (): Promise<LabProcess> => {
    const { address } = scene.bed.host('m');
    const settings = { coap: `[${address}]:5683`, allow: ['fd00:1::/64'], tokens: 'tokens', reachableFor: '4s' };
    writeFileSync(scene.path('tokens'), TOKEN);
    writeFileSync(scene.path('manager.yaml'), JSON.stringify(settings));
    const manager = scene.layercast('m', ['manager', '--config', scene.path('manager.yaml')]);
    await until('the manager listens', async () => manager.stderr.includes('/devices'));
    return manager;
  };

  const ask = async (path: string, ...more: readonly string[]) => {
    const args = ['-sS', '--max-time', '20', '-H', `Authorization: Bearer ${TOKEN}`, ...more];
    const text = await scene.bed.host('m').run('curl', [...args, `http://127.0.0.1:8090${path}`]);
    // What is not there is said in words.
    return text.startsWith('{') ? JSON.parse(text) : {};
  };

  const trigger = (order: object) => {
    const body = JSON.stringify({ devices: ['dev-1'], ...order });
    return ask('/triggers', '-H', 'Content-Type: application/json', '-d', body);
  };

  const isAway = async () => (await ask('/devices/dev-1')).isReachable === false;

  test('triggers a device behind a NAT when it is heard, and only then, also after both were killed or forgotten', {
    timeout: 90_000,
  }, async () => {
    const first = await startManager();
    const to = { name: 'dev-1', host: scene.bed.host('m').address, port: 5683 };
    const device = scene.bed.host('d').spawn(process.execPath, [coapDevice, JSON.stringify(to)]);
    await device.waitForEvent('registered');
    await until('the manager knows its state', async () => (await ask('/devices/dev-1')).objects.length === 1);
    // What the manager sees is the NAT.
    expect((await ask('/devices/dev-1')).address).toContain(`[${scene.bed.host('nat').address}]`);
    await until('the device cannot be reached', isAway);
    await trigger({ object: 'firmware' });
    const [waiting] = (await ask('/devices/dev-1')).triggers;
    expect(waiting).toMatchObject({ object: 'firmware', attempts: 0 });
    device.kill('SIGUSR2');
    await device.waitForEvent((event: LabEvent) => `${event.query}` === 'object=firmware');
    await until('it is delivered', async () => (await ask('/devices/dev-1')).lastTrigger?.result === 'delivered');
    // A record of several blocks is pushed through the same hole.
    const record = randomBytes(5_000).toString('base64');
    await until('the device cannot be reached', isAway);
    await trigger({ record });
    first.kill('SIGKILL');
    await first.exited;
    await startManager();
    expect((await ask('/devices/dev-1')).triggers).toMatchObject([{ id: expect.any(String) }]);
    // The device knows nothing of the new life of its manager: what it sends tells where it can be reached.
    device.kill('SIGUSR2');
    await device.waitForEvent((event: LabEvent) => event.record === record);
    await until('the manager follows it again', async () => (await ask('/devices/dev-1')).objects[0]?.version === 3);
    expect(eventsOf(device, 'trigger')).toHaveLength(2);
    expect((await ask('/counts')).states).toMatchObject([{ object: 'firmware', version: 3, deviceCount: 1 }]);
  });
});
