import { copyFileSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { signCatalogue } from '../../dist/publish/records/sign-catalogue.js';
import { announcementName, groupOf } from '../../dist/wire/address.js';
import { descriptorDigest } from '../../dist/wire/catalogue.js';
import { recordDatagrams } from '../../dist/wire/fragments.js';
import { peekRecord, privateKeyFrom } from '../../dist/wire/signature.js';
import { runHere } from '../cli/run-cli.js';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, failed, Scene } from './scene.js';

const program = fileURLToPath(new URL('peers/replay.mjs', import.meta.url));
const commandLine = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const channels = [{ rate: '4Mbit' }];
/** A fetch that will be refused hears why within one round of announcements, and waits for its whole patience. */
const SOON = ['--patience', '3s'];

describeBed('a fleet with a root', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'rogue', 'r1']);
    scene.random('image', 1e5);
    for (const name of ['a', 'b', 'c', 'd', 'online']) await here('keygen', '--out', scene.path(name));
  }, 60_000);
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('follows three rotations that a receiver slept through, from a bare key and from its first root', async () => {
    await makeRoot('slept');
    copyFileSync(scene.path('slept.root'), scene.path('slept-first.root'));
    for (const [old, next] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
    ] as const) {
      await root('rotate', 'slept', pub(old), pub(next), '--key', key(old), key(next));
    }
    await serve('slept', { key: 'd/layercast.key' });
    for (const trusted of ['slept-first.root', 'a/layercast.pub', 'slept.root']) {
      const fetching = fetch('slept', trusted, `slept-${trusted.replace('/', '-')}`);
      expect(await completed(fetching)).toMatchObject({ version: 1 });
    }
    // It has learned the newest root, which does not list the first key any more.
    const memory = readdirSync(scene.path('state/r1/layercast/trust'));
    expect(memory.length).toBeGreaterThanOrEqual(2);
  }, 60_000);

  test('proves that what is on the air is the newest while another object still comes from standard input', async () => {
    await makeRoot('piped');
    const objects = { image: { file: 'image', channels }, later: { file: '-', channels } };
    const settings = { key: 'a/layercast.key', announceKey: 'online/layercast.key', objects };
    const serve = ['serve', '--config', config('piped', settings, 1), '--json', '--state', scene.path('piped-state')];
    // Opened for writing, too, a pipe does not end.
    const server = scene.bed
      .host('alpha')
      .spawn('sh', [
        '-c',
        'mkfifo "$0" && exec "$@" <>"$0"',
        scene.path('pipe'),
        process.execPath,
        commandLine,
        ...serve,
      ]);
    await server.waitForEvent('publish', { timeoutMs: 30_000 });
    expect(await completed(fetch('piped', 'piped.root', 'piped'))).toMatchObject({ version: 1 });
  }, 60_000);

  test('refuses a release that too few keys signed, with exit code 4', async () => {
    await makeRoot('few');
    await root('add', 'few', pub('b'), '--role', 'release', '--threshold', '2', '--key', key('a'), key('b'));
    const server = await serve('few', { key: 'a/layercast.key' });
    expect(eventsOf(server.process, 'warning').map(({ code }) => code)).toContain('ROLE');
    const end = await failed(fetch('few', 'few.root', 'few', ...SOON));
    expect(end).toMatchObject({ exitCode: 4, code: 'ROLE_REFUSED' });
    expect(end.message).toContain(
      'version 1 was signed by 1 of the 2 release keys that version 2 of the root asks for',
    );
  }, 60_000);

  test('refuses what a rotated-out key signed, from the reload on that brings the new root', async () => {
    await makeRoot('rotated');
    const server = await serve('rotated', { key: 'a/layercast.key' });
    expect(await completed(fetch('rotated', 'rotated.root', 'rotated-before'))).toMatchObject({ version: 1 });
    copyFileSync(scene.path('rotated.root'), scene.path('rotated-first.root'));
    await root('rotate', 'rotated', pub('a'), pub('b'), '--key', key('a'), key('b'));
    server.process.kill('SIGHUP');
    await server.process.waitForEvent(({ event, code }) => event === 'warning' && code === 'ROLE');
    const end = await failed(fetch('rotated', 'rotated-first.root', 'rotated-after', ...SOON));
    expect(end).toMatchObject({ exitCode: 4, code: 'ROLE_REFUSED' });
    expect(end.message).toMatch(/signed by key [0-9a-f]{16}, which version 2 of the root has removed/);
  }, 60_000);

  test('signs with a key that was put in the place of the former one, and sends such records, from a reload on', async () => {
    const settings = { root: undefined, announceKey: undefined };
    copyFileSync(key('a'), scene.path('current.key'));
    const signing = await scene.serve('alpha', config('replaced', { ...settings, key: 'current.key' }, 1));
    expect(await completed(fetch('replaced', 'a/layercast.pub', 'replaced-a'))).toMatchObject({ version: 1 });
    copyFileSync(key('b'), scene.path('current.key'));
    signing.process.kill('SIGHUP');
    expect(await completed(fetch('replaced', 'b/layercast.pub', 'replaced-b', '--patience', '30s'))).toMatchObject({
      version: 1,
    });

    const records = config('stored', { ...settings, key: undefined, records: 'stored-records' }, 1);
    await signed(records, 'a', scene.path('stored-records'));
    const sending = await scene.serve('alpha', records);
    renameSync(scene.path('stored-records'), scene.path('stored-before'));
    await signed(records, 'b', scene.path('stored-records'));
    sending.process.kill('SIGHUP');
    expect(await completed(fetch('stored', 'b/layercast.pub', 'stored', '--patience', '30s'))).toMatchObject({
      version: 1,
    });
  }, 60_000);

  test('refuses what only an expired catalogue proves, and says until when it was valid', async () => {
    await makeRoot('frozen');
    const { record } = await sign('frozen', 1);
    // The server cannot sign catalogues, so all that receivers hear is the one of an hour ago that the stranger repeats.
    await serve('frozen', { records: 'frozen-1', key: undefined });
    const nowS = Math.floor(Date.now() / 1000);
    const expiresS = nowS - 3000;
    const head = { fleet: 'frozen', serverIndex: 0, version: 1, rootVersion: 1, createdS: nowS - 3600, expiresS };
    const entries = [{ object: 'image', version: 1, digest: descriptorDigest(peekRecord(record)!) }];
    const signer = privateKeyFrom(readFileSync(scene.path('online/layercast.key')), 'online');
    await replay('frozen', signCatalogue(head, entries, signer));
    const end = await failed(fetch('frozen', 'frozen.root', 'frozen', ...SOON));
    expect(end).toMatchObject({ exitCode: 4, code: 'EXPIRED' });
    expect(end.message).toContain(`the fleet's catalogue expired at ${new Date(expiresS * 1000).toISOString()}`);
  }, 60_000);

  test('names the previous version when somebody replays it, and receives the newest', async () => {
    await makeRoot('replayed');
    const { record } = await sign('replayed', 1);
    await serve('replayed', { key: 'a/layercast.key' }, 2);
    await replay('replayed', [record]);
    const fetching = fetch('replayed', 'replayed.root', 'replayed');
    const refused = ({ code }: { readonly code?: unknown }) => code === 'VERSION_REFUSED';
    const complete = await completed(fetching);
    expect(complete).toMatchObject({ version: 2 });
    const named = eventsOf(fetching, 'warning').filter(refused);
    expect(named.map(({ message }) => message)).toEqual([
      "version 1 is older than version 2, which the fleet's catalogue lists",
    ]);
  }, 60_000);

  test('of objects for some devices gives them to these, and to others a refusal with exit code 4 and no file', async () => {
    const objects = { image: { file: 'image', channels, compatible: ['acme/gateway-2', 'acme/gateway-3'] } };
    const path = scene.fleet({ fleet: 'classes', key: 'a/layercast.key', objects });
    expect((await scene.serve('alpha', path)).published.size).toBe(1);
    const others = [
      fetch('classes', 'a/layercast.pub', 'no-class', ...SOON),
      fetch('classes', 'a/layercast.pub', 'other', ...SOON, '--compatible', 'acme/tv'),
    ];
    for (const other of others) {
      const end = await failed(other);
      expect(end).toMatchObject({ exitCode: 4, code: 'INCOMPATIBLE' });
      expect(end.message).toContain('version 1 is for devices of class acme/gateway-2 or acme/gateway-3');
    }
    expect(readdirSync(scene.folder).filter((name) => /^(no-class|other)/.test(name))).toEqual([]);
    const ours = ['--compatible', 'acme/x', '--compatible', 'acme/gateway-3'];
    expect(await completed(fetch('classes', 'a/layercast.pub', 'ours', ...ours))).toMatchObject({ version: 1 });
  }, 60_000);

  const pub = (name: string) => scene.path(`${name}/layercast.pub`);
  const key = (name: string) => scene.path(`${name}/layercast.key`);

  /** A command that needs no network, in this process: each process takes half a second to start. */
  async function here(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await runHere(args);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  }

  async function root(action: string, fleet: string, ...args: readonly string[]): Promise<void> {
    await here('root', action, ...args, '--root', scene.path(`${fleet}.root`));
  }

  /** Key a releases, the key online announces. */
  async function makeRoot(fleet: string): Promise<void> {
    await root('add', fleet, pub('a'), '--fleet', fleet);
    await root('add', fleet, pub('online'), '--role', 'announce');
    await root('remove', fleet, pub('a'), '--role', 'announce', '--key', key('a'));
  }

  function config(fleet: string, settings: Readonly<Record<string, unknown>>, version: number): string {
    const objects = { image: { file: 'image', version, channels } };
    return scene.fleet({ fleet, root: `${fleet}.root`, objects, ...settings });
  }

  async function serve(fleet: string, settings: Readonly<Record<string, unknown>>, version = 1) {
    const announceKey = settings.records === undefined ? 'online/layercast.key' : undefined;
    return await scene.serve('alpha', config(fleet, { announceKey, ...settings }, version));
  }

  async function signed(path: string, signer: string, folder: string): Promise<void> {
    await here('sign', '--config', path, '--key', key(signer), '--out', folder, '--state', scene.path('state/signing'));
  }

  /** Signs a version with key a, and resolves with the record. */
  async function sign(fleet: string, version: number) {
    const folder = scene.path(`${fleet}-${version}`);
    const path = config(fleet, { key: undefined, records: folder }, version);
    await signed(path, 'a', folder);
    const [name] = readdirSync(folder);
    return { record: readFileSync(join(folder, name!)) };
  }

  /** A stranger announces these records in the name of server 0. */
  async function replay(fleet: string, records: readonly Uint8Array[]): Promise<void> {
    const group = groupOf(announcementName(fleet), { scope: 'site', hash: 'sha3-512', ssm: false });
    const datagrams = records
      .flatMap((record) => recordDatagrams(record, 0, 255))
      .map((datagram) => Buffer.from(datagram).toString('hex'));
    const rogue = scene.bed
      .host('rogue')
      .spawn(process.execPath, [program, JSON.stringify({ group, port: 4242, datagrams })]);
    await rogue.waitForEvent('sending');
  }

  function fetch(fleet: string, trusted: string, output: string, ...more: readonly string[]) {
    const args = ['--key', scene.path(trusted), '-o', scene.path(output), '--json', '--patience', '5s', ...more];
    return scene.layercast('r1', ['fetch', `${fleet}/image`, ...args]);
  }
});
