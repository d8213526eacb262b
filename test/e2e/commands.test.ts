import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, type FleetText, groupsOf, Scene } from './scene.js';

describeBed('announcements and records', () => {
  let scene: Scene;
  let text: FleetText;
  let sha256: string;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'beta', 'r1']);
    scene.random('image', 300_000);
    text = {
      fleet: 'acme',
      objects: {
        image: {
          file: 'image',
          version: 7,
          expires: '1d',
          channels: [{ rate: '2Mbit' }, { rate: '4Mbit', offset: '50%' }],
        },
      },
      servers: {
        alpha: { address: scene.bed.host('alpha').address },
        beta: { address: scene.bed.host('beta').address },
      },
    };
    const config = scene.fleet(text);
    const [alpha] = await Promise.all(['alpha', 'beta'].map((host) => scene.serve(host, config)));
    sha256 = alpha!.published.get('image')!.sha256;
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test.concurrent('list shows people what is announced, and vouches only for what the key signed', async () => {
    const plain = await list('list', '--wait', '2s');
    expect(plain).toMatch(/^acme\/image\n {2}version 7, 300 kB, expires 20\d\d-/);
    expect(plain).toMatch(/2 channels, layered: 2 Mbit\/s, 6 Mbit\/s\n {2}servers alpha, beta; heard from fd00:1::/);
    for (const line of plain.split('\n')) expect(line.length).toBeLessThan(80);
    expect(await list('list', 'acme', '--wait', '1s', '--key', scene.publicKey)).toContain(', signed by this key');
    const keygen = scene.layercast('r1', ['keygen', '--out', scene.path('others')]);
    await keygen.exited;
    const others = await list('list', 'acme', '--wait', '1s', '--key', scene.path('others/layercast.pub'));
    expect(others).toContain(', NOT signed by this key');
  });

  test.concurrent('list shows programs the same, one object a line', async () => {
    // This holds whether the two servers signed in the same second, and so the same record, or not.
    const lines = (await list('list', 'acme', '--wait', '1s', '--json', '--key', scene.publicKey)).trim().split('\n');
    expect(lines).toHaveLength(1);
    const announced = JSON.parse(lines[0]!);
    expect(announced).toMatchObject({
      fleet: 'acme',
      object: 'image',
      version: 7,
      bytes: 300_000,
      sha256,
      mode: 'several',
      genuine: true,
      channels: [
        { channel: 0, rateBitsPerSecond: 2e6, offset: 0 },
        { channel: 1, rateBitsPerSecond: 4e6, offset: 0.5 },
      ],
      servers: [
        { server: 'alpha', address: 'fd00:1::1' },
        { server: 'beta', address: 'fd00:1::2' },
      ],
    });
    expect(announced.sources.toSorted()).toEqual(['fd00:1::1', 'fd00:1::2']);
  });

  test.concurrent('list of what nobody announces ends with 5', async () => {
    const process = scene.layercast('r1', ['list', 'nobody', '--wait', '500ms']);
    expect((await process.exited).code).toBe(5);
  });

  test.concurrent('a fetch says of each event when it was, in order', async () => {
    const fetch = scene.fetch('r1', 'acme/image', 'timed');
    await completed(fetch);
    const events = fetch.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['descriptor', 'join', 'leave', 'complete']),
    );
    const times = events.map(({ atMs }) => atMs);
    expect(times.every(Number.isInteger)).toBe(true);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('a server without the private key serves what was signed elsewhere, and nothing else', async () => {
    const { servers: _, ...single } = text;
    const config = scene.fleet({ ...single, fleet: 'signed', key: null, records: 'records' });
    const keys = scene.path('keys');
    const args = ['sign', '--config', config, '--key', `${keys}/layercast.key`, '--out', scene.path('records')];
    const sign = scene.layercast('beta', [...args, '--json']);
    expect((await sign.exited).code).toBe(0);
    expect(JSON.parse(sign.stdout)).toMatchObject({ object: 'image', version: 7, bytes: 300_000, sha256 });
    expect(readdirSync(scene.path('records'))).toHaveLength(1);

    mkdirSync(scene.path('vault'));
    renameSync(`${keys}/layercast.key`, scene.path('vault/layercast.key'));
    const server = await scene.serve('alpha', config);
    const complete = await scene.fetched('r1', 'signed/image', 'signed');
    expect(complete).toMatchObject({ sha256, version: 7 });
    expect(groupsOf(server, 'image')).toHaveLength(2);

    scene.random('image', 300_000);
    const changed = scene.layercast('beta', ['serve', '--config', config, '--json']);
    expect((await changed.exited).code).toBe(4);
    expect(changed.stdout).toContain('"code":"RECORD_INVALID"');
    expect(changed.stderr).toContain('the file has another SHA-256');
  });

  async function list(...args: string[]): Promise<string> {
    const process = scene.layercast('r1', args);
    const { code } = await process.exited;
    if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${code}: ${process.stderr}`);
    return process.stdout;
  }
});
