import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent, LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';
import { Scene, type Server } from './scene.js';

const LIBCOAP = '/usr/bin/coap-client-notls';
const DIRECTORY = '/usr/bin/coap-rd-notls';
const hasLibcoap = existsSync(LIBCOAP) && existsSync(DIRECTORY);
/** Tests whose peer is libcoap; the title says why they are skipped. */
const testLibcoap = hasLibcoap ? test : test.skip;
const peer = hasLibcoap ? 'libcoap' : 'libcoap (skipped: not installed; package libcoap3-bin)';

/** A server by multicast, a gateway that serves by CoAP, and a device; libcoap is everybody else. */
describeBed('CoAP', () => {
  let scene: Scene;
  let server: Server;
  let gateway: LabProcess;
  let url: string;

  /** Publishes a version. */
  const fleet = (version: number, sizeBytes: number) => {
    scene.random('image', sizeBytes);
    const object = { file: 'image', version, channels: [{ rate: '16Mbit' }] };
    return scene.fleet({ fleet: 'g', blockSymbols: 20, interface: 'eth0', objects: { image: object } });
  };
  const publish = (version: number, sizeBytes: number) => {
    fleet(version, sizeBytes);
    server.process.kill('SIGHUP');
  };
  const libcoap = (host: string, ...args: readonly string[]) =>
    scene.bed.host(host).spawn(LIBCOAP, ['-b', '1024', ...args]);
  const got = async (host: string, ...args: readonly string[]) => {
    const process = libcoap(host, ...args);
    await process.exited;
    return `${process.stdout}${process.stderr}`;
  };
  const isWhole = (version: number, sizeBytes: number) =>
    until(`version ${version} is whole`, async () => {
      const state = await got('client', `${url}/fw/image`);
      return state.includes(`"version":${version}`) && state.includes(`"provenBytes":${sizeBytes}`);
    });

  beforeAll(async () => {
    if (!hasLibcoap) return;
    scene = await Scene.lay(['alpha', 'gate', 'client', 'device']);
    server = await scene.serve('alpha', fleet(1, 2_000_000));
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
    gateway = scene.layercast('gate', ['gateway', '--config', scene.path('gateway.yaml'), '--json']);
    url = `coap://[${address}]`;
    await until('the gateway listens', async () => gateway.stderr.includes(`${url}:5683/fw`));
    await isWhole(1, 2_000_000);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  testLibcoap(
    `serves a file of megabytes to ${peer}, again where datagrams are lost, and tells it of a new version`,
    {
      timeout: 90_000,
    },
    async () => {
      const first = readFileSync(scene.path('image'));
      expect(await got('client', `${url}/.well-known/core?rt=layercast.object`)).toContain(
        '</fw/image>;rt="layercast.object"',
      );
      await got('client', '-o', scene.path('whole'), `${url}/fw/image/bin`);
      expect(readFileSync(scene.path('whole')).equals(first)).toBe(true);
      const observer = libcoap('client', '-s', '60', `${url}/fw/image`);
      await until('the observer knows version 1', async () => observer.stdout.includes('"version":1'));
      publish(2, 40_000);
      await until('the observer knows version 2', async () => observer.stdout.includes('"version":2'));
      await isWhole(2, 40_000);
      await scene.bed.host('client').lose({ ratio: 0.05 });
      try {
        await got('client', '-o', scene.path('lossy'), `${url}/fw/image/bin/2`);
      } finally {
        await scene.bed.host('client').keep();
      }
      expect(readFileSync(scene.path('lossy')).equals(readFileSync(scene.path('image')))).toBe(true);
    },
  );

  testLibcoap(
    `has a sleeping device register at ${peer}, be observed and be triggered by it, and fetch from a gateway alone`,
    {
      timeout: 120_000,
    },
    async () => {
      const [client, device] = [scene.bed.host('client'), scene.bed.host('device')];
      const directory = client.spawn(DIRECTORY, ['-v', '7']);
      const settings = {
        fleet: 'g',
        key: scene.publicKey,
        subscribe: [{ object: 'image', output: 'got', fill: [`${url}/fw/{object}/bin`] }],
        wake: { every: '1h', for: '1min' },
        fillAfter: '1s',
        coap: {
          directory: `coap://[${client.address}]`,
          endpoint: 'device-17',
          lifetime: '1min',
          listen: '[::]:5683',
          allow: [client.address],
        },
      };
      writeFileSync(scene.path('agent.yaml'), JSON.stringify(settings));
      const agent = scene.layercast('device', ['agent', '--config', scene.path('agent.yaml'), '--json']);
      const hears = (wanted: Partial<LabEvent>) =>
        agent.waitForEvent((event) => Object.entries(wanted).every(([key, value]) => event[key] === value), {
          timeoutMs: 60_000,
        });
      await hears({ event: 'sleep' });
      const here = `coap://[${device.address}]`;
      const listed = () => got('device', `coap://[${client.address}]/.well-known/core`);
      await until('the directory lists the device', async () => /<\/rd\/[^>]+>/.test(await listed()));
      expect(`${directory.stdout}${directory.stderr}`).toContain('Uri-Query:ep=device-17, Uri-Query:lt=60');
      const observer = libcoap('client', '-s', '90', `${here}/fw`);
      await until('the observer knows version 2', async () => observer.stdout.includes('"version":2'));
      // Manager-initiated: it sleeps for an hour, and is woken.
      publish(3, 40_000);
      await isWhole(3, 40_000);
      expect(await got('client', `${here}/Radio_link_status`)).toContain('"isAwake":false');
      expect(await got('gate', '-m', 'post', `${here}/sw`)).toContain('4.03');
      await got('client', '-m', 'post', `${here}/sw?object=image`);
      await hears({ event: 'state', version: 3, state: 'applied' });
      await until('the observer knows version 3', async () => observer.stdout.includes('"version":3'));
      expect(readFileSync(scene.path('got')).equals(readFileSync(scene.path('image')))).toBe(true);
      // Delegated: the server ends after the gateway has version 4. The manager hands the device the signed record alone.
      publish(4, 40_000);
      await isWhole(4, 40_000);
      server.process.kill('SIGTERM');
      await server.process.exited;
      const records = scene.path('records');
      const signing = [
        'sign',
        '--config',
        scene.path('g.yaml'),
        '--key',
        scene.path('keys/layercast.key'),
        '--out',
        records,
      ];
      await scene.layercast('alpha', signing).exited;
      const [record = ''] = (await scene.bed.host('client').run('find', [records, '-type', 'f'])).trim().split('\n');
      await got('client', '-b', '64', '-m', 'post', '-t', '42', '-f', record, `${here}/sw`);
      await hears({ event: 'state', version: 4, state: 'applied' });
      expect(readFileSync(scene.path('got')).equals(readFileSync(scene.path('image')))).toBe(true);
      agent.kill('SIGTERM');
      await agent.exited;
      // libcoap's directory crashes when it deletes a registration, so what it logs before has to do.
      expect(`${directory.stdout}${directory.stderr}`).toMatch(/c:DELETE .*Uri-Path:rd/);
    },
  );
});
