import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { librecastGroup } from '../../dist/wire/address.js';
import { type LibrecastHash, startHash } from '../../dist/wire/librecast.js';
import { describeBed } from '../lab/allowed.js';
import { eventsOf, failed, Scene } from './scene.js';

const program = (name: string) => fileURLToPath(new URL(`peers/${name}.mjs`, import.meta.url));

/** The hash of a file in frames. */
function hashOf(bytes: Uint8Array, kind: LibrecastHash): string {
  const hash = startHash(kind);
  hash.update(bytes);
  return Buffer.from(hash.digest()).toString('hex');
}

describeBed('servers and receivers of iotupd', () => {
  let scene: Scene;
  let image: Buffer;
  let sha256: string;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'beta', 'r1', 'r2']);
    image = scene.random('image', 300_000);
    sha256 = createHash('sha256').update(image).digest('hex');
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  /** A server of iotupd, of the slow and plain kind. */
  function peer(host: string, options: Readonly<Record<string, unknown>>) {
    const whole = {
      group: 'ff15::42',
      port: 4242,
      file: scene.path('image'),
      hash: hashOf(image, 'blake3'),
      ...options,
    };
    return scene.bed.host(host).spawn(process.execPath, [program('iotupd-server'), JSON.stringify(whole)]);
  }

  function fetch(what: string, output: string, more: readonly string[] = ['--sha256', sha256]) {
    return scene.layercast('r1', ['fetch', what, '-o', scene.path(output), '--json', ...more]);
  }

  async function whole(process: ReturnType<typeof fetch>) {
    const complete = await process.waitForEvent('complete', { timeoutMs: 60_000 });
    expect((await process.exited).code).toBe(0);
    return complete;
  }

  const layouts = [
    { frame: 1246, big: false, kind: 'blake3' },
    { frame: 1251, big: true, kind: 'blake2b' },
    { frame: 1252, big: false, kind: 'blake2b' },
  ] as const;

  test('files come from two servers each, in frames of every layout', { timeout: 90_000 }, async () => {
    const fetched = layouts.map(async ({ frame, big, kind }) => {
      const hash = hashOf(image, kind);
      const group = `ff15::${frame}`;
      peer('alpha', { group, frame, big, hash, intervalMs: 4 });
      peer('beta', { group, frame, big, hash, intervalMs: 4, first: 1194 * 125 });
      const complete = await whole(fetch(`iotupd://[${group}]:4242`, `from-${frame}`));
      expect(readFileSync(scene.path(`from-${frame}`)).equals(image)).toBe(true);
      expect(complete).toMatchObject({ bytes: 300_000, sha256, hash, proof: 'sha256' });
      expect(complete.servers).toHaveLength(2);
    });
    await Promise.all(fetched);
  });

  test('a name stands for the groups of both hashes of Librecast', { timeout: 90_000 }, async () => {
    peer('alpha', { frame: 1246, group: librecastGroup('wibble', 'blake2b') });
    const complete = await whole(fetch('iotupd://wibble', 'named', ['--insecure']));
    expect(complete).toMatchObject({ sha256, proof: 'none' });
    // A file that is there already is recognised, and nothing is received.
    expect(await whole(fetch('iotupd://wibble', 'named'))).toMatchObject({ datagrams: 0, resumedBytes: 300_000 });
  });

  test('a run that was killed has kept what it received', { timeout: 90_000 }, async () => {
    peer('alpha', { frame: 1246, intervalMs: 8 });
    const first = fetch('iotupd://[ff15::42]', 'kept');
    const { bytes } = await first.waitForEvent((event) => Number(event.bytes) > 60_000 && event.event === 'progress', {
      timeoutMs: 60_000,
    });
    // What a report counts is durable when the next one comes.
    await first.waitForEvent((event) => event.event === 'progress' && Number(event.bytes) > Number(bytes), {
      timeoutMs: 60_000,
    });
    first.kill('SIGKILL');
    await first.exited;
    const complete = await whole(fetch('iotupd://[ff15::42]', 'kept'));
    expect(complete.resumedBytes).toBeGreaterThanOrEqual(Number(bytes));
    expect(readFileSync(scene.path('kept')).equals(image)).toBe(true);
  });

  test('nothing wrong gets the name of the file', { timeout: 90_000 }, async () => {
    const other = scene.random('other', 20_000);
    const framed = { frame: 1246, file: scene.path('other'), hash: hashOf(other, 'blake3') };
    peer('alpha', { ...framed, group: 'ff15::51' });
    peer('beta', { ...framed, group: 'ff15::52', wrongEvery: 7 });
    const wrongFile = failed(fetch('iotupd://[ff15::51]', 'never-one', ['--sha256', sha256, '--patience', '4s']));
    const wrongBytes = fetch('iotupd://[ff15::52]', 'never-two', ['--insecure', '--timeout', '6s']);
    const nobody = failed(fetch('iotupd://[ff15::53]', 'never-three', ['--insecure', '--patience', '1s']));
    expect(await wrongFile).toMatchObject({ exitCode: 4, code: 'RECORD_INVALID' });
    expect(await failed(wrongBytes)).toMatchObject({ exitCode: expect.toSatisfy((code) => code === 3 || code === 4) });
    expect(eventsOf(wrongBytes, 'warning').map(({ code }) => code)).toContain('WRONG_BYTES');
    expect(await nobody).toMatchObject({ exitCode: 5, code: 'NOBODY_SENDING' });
    for (const name of ['one', 'two', 'three']) expect(existsSync(scene.path(`never-${name}`))).toBe(false);
  });

  test('a fleet sends frames that receivers of iotupd complete, zeros and all, beside its channels', {
    timeout: 90_000,
  }, async () => {
    // Every third frame is of zeros, which such a receiver does not count.
    const holed = Buffer.from(image);
    for (let at = 0; at < holed.length; at += 3 * 1194) holed.fill(0, at, at + 1194);
    writeFileSync(scene.path('holed'), holed);
    const hash = hashOf(holed, 'blake2b');
    const objects = layouts.map(({ frame }) => {
      const iotupd = { name: `holed-${frame}`, frame, rate: '2Mbit', hash: 'blake2b' };
      return [`image-${frame}`, { file: 'holed', channels: [{ rate: '1Mbit' }], iotupd }];
    });
    const config = scene.fleet({
      fleet: 'acme',
      objects: Object.fromEntries(objects),
      servers: { alpha: {}, beta: {} },
    });
    const clients = layouts.map(({ frame }) => {
      const group = librecastGroup(`holed-${frame}`, 'blake2b');
      const options = JSON.stringify({ group, port: 4242, file: scene.path('holed'), frame });
      return scene.bed.host('r2').spawn(process.execPath, [program('iotupd-client'), options]);
    });
    await Promise.all(clients.map((client) => client.waitForEvent('listening', { timeoutMs: 60_000 })));
    const [alpha] = await Promise.all(['alpha', 'beta'].map((host) => scene.serve(host, config, [], ['--host', host])));
    const [[name, { iotupd }]] = [...alpha!.published] as unknown as [[string, { readonly iotupd?: object }]];
    expect(iotupd).toMatchObject({
      group: librecastGroup(name.replace('image', 'holed'), 'blake2b'),
      port: 4242,
      hash,
    });
    const ours = scene.fetched('r1', 'acme/image-1246', 'ours');
    for (const client of clients) {
      const done = await client.waitForEvent('done', { timeoutMs: 60_000 });
      expect(done).toMatchObject({ hashes: [hash] });
      expect(done.sources).toHaveLength(2);
    }
    // Frames go to other groups, so the ladder's receivers have none of them.
    expect(await ours).toMatchObject({ invalidDatagrams: 0, sha256: createHash('sha256').update(holed).digest('hex') });
  });
});
