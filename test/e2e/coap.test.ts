import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { until } from '../lab/until.js';
import { Scene } from './scene.js';

const LIBCOAP = '/usr/bin/coap-client-notls';
const hasLibcoap = existsSync(LIBCOAP);
/** Tests whose peer is libcoap; the title says why they are skipped. */
const testLibcoap = hasLibcoap ? test : test.skip;
const peer = hasLibcoap ? 'libcoap' : 'libcoap (skipped: not installed; package libcoap3-bin)';

describeBed('a gateway by CoAP', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'gate', 'client']);
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const client = (...args: readonly string[]) => scene.bed.host('client').spawn(LIBCOAP, ['-b', '1024', ...args]);
  const got = async (...args: readonly string[]) => {
    const process = client(...args);
    await process.exited;
    return process.stdout;
  };

  testLibcoap(
    `serves a file of megabytes to ${peer}, again where datagrams are lost, and tells it of a new version`,
    {
      timeout: 90_000,
    },
    async () => {
      const fleet = (version: number, sizeBytes: number) => {
        scene.random('image', sizeBytes);
        const object = { file: 'image', version, channels: [{ rate: '50Mbit' }] };
        return scene.fleet({ fleet: 'g', interface: 'eth0', objects: { image: object } });
      };
      const server = await scene.serve('alpha', fleet(1, 2_000_000));
      const first = readFileSync(scene.path('image'));
      const { address } = scene.bed.host('gate');
      const settings = {
        fleet: 'g',
        key: scene.publicKey,
        objects: ['**'],
        folder: 'kept',
        listen: '0',
        coap: `[${address}]:5683`,
      };
      writeFileSync(scene.path('gateway.yaml'), JSON.stringify(settings));
      const gateway = scene.layercast('gate', ['gateway', '--config', scene.path('gateway.yaml'), '--json']);
      await until('version 1 is a file', async () => existsSync(scene.path('kept/image')));
      const url = `coap://[${address}]`;
      expect(await got(`${url}/.well-known/core?rt=layercast.object`)).toContain('</fw/image>;rt="layercast.object"');
      await got('-o', scene.path('whole'), `${url}/fw/image/bin`);
      expect(readFileSync(scene.path('whole')).equals(first)).toBe(true);
      const observer = client('-s', '60', `${url}/fw/image`);
      await until('the observer knows version 1', async () => observer.stdout.includes('"version":1'));
      fleet(2, 40_000);
      server.process.kill('SIGHUP');
      await until('the observer knows version 2', async () => observer.stdout.includes('"version":2'));
      await until('version 2 is whole', async () => (await got(`${url}/fw/image`)).includes('"provenBytes":40000'));
      await scene.bed.host('client').lose({ ratio: 0.05 });
      try {
        await got('-o', scene.path('lossy'), `${url}/fw/image/bin/2`);
      } finally {
        await scene.bed.host('client').keep();
      }
      expect(readFileSync(scene.path('lossy')).equals(readFileSync(scene.path('image')))).toBe(true);
      expect(gateway.stderr).toContain(`objects at coap://[${address}]:5683/fw`);
    },
  );
});
