import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { announcementName, groupOf } from '../../dist/wire/address.js';
import { runHere } from '../cli/run-cli.js';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, groupsOf, Scene } from './scene.js';

const program = fileURLToPath(new URL('peers/stranger.mjs', import.meta.url));
const fleet = 'acme';

// test/transfer/strangers.test.ts has each kind and share by itself, in virtual time, and says how much longer a receiver may take.
describeBed('a receiver beside a stranger', () => {
  let scene: Scene;
  let bytes: Buffer;
  let dataGroups: readonly string[];
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'rogue', 'r1']);
    bytes = scene.random('image', 2e6);
    // With a root, roots and catalogues are announced, too.
    const root = ['--fleet', fleet, '--root', scene.path('acme.root'), '--key', scene.path('keys/layercast.key')];
    expect(await runHere(['root', 'add', scene.publicKey, ...root])).toMatchObject({ code: 0 });
    const objects = { image: { file: 'image', code: 'raptorq', channels: [{ rate: '16Mbit' }] } };
    const servers = { alpha: {}, rogue: {} };
    const config = scene.fleet({ fleet, root: 'acme.root', blockSymbols: 200, objects, servers });
    dataGroups = groupsOf(await scene.serve('alpha', config, ['image'], ['--host', 'alpha']), 'image');
    // The stranger claims the server's address in some tests.
    const address = `${scene.bed.host('alpha').address}/64`;
    await scene.bed.host('rogue').run('ip', ['addr', 'add', address, 'dev', 'eth0', 'nodad']);
  }, 60_000);
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('who sends a tenth of forged symbols and copies, gets the right file', { timeout: 60_000 }, async () => {
    const { forgedCount, payloadBytes } = await fetchBeside({ kinds: ['symbols', 'copies'], ratio: 0.1 });
    expect(forgedCount).toBeGreaterThan(0);
    expect(payloadBytes).toBeLessThan(1.5 * bytes.length);
  });

  test('who sends twice as many, from the server’s address, gets the right file', { timeout: 60_000 }, async () => {
    const source = scene.bed.host('alpha').address;
    const { forgedCount, payloadBytes } = await fetchBeside({ kinds: ['symbols', 'copies'], ratio: 2, source });
    expect(forgedCount).toBeGreaterThan(100);
    expect(payloadBytes).toBeLessThan(3 * bytes.length);
  });

  test('who sends pieces of records, digests and run records, old, half and changed, hears the genuine ones', {
    timeout: 60_000,
  }, async () => {
    const group = groupOf(announcementName(fleet), { scope: 'site', hash: 'sha3-512', ssm: false });
    const { invalid } = await fetchBeside({ kinds: ['pieces'], ratio: 2, groups: [...dataGroups, group] });
    expect(Object.keys(invalid)).toEqual(expect.arrayContaining(['record', 'run']));
  });

  test('who signs garbage with the key of a server leaves that server, named by its key, and another finishes', {
    timeout: 60_000,
  }, async () => {
    const liar = { fleet, server: 'rogue', fleetKey: scene.path('keys/layercast.key') };
    const { warnings, servers } = await fetchBeside({ kinds: ['garbage'], ratio: 1, ...liar });
    const left = warnings.filter(({ code }) => code === 'SERVER_LEFT').map(({ message }) => message);
    expect(left).toEqual([expect.stringMatching(/^server rogue \(key [0-9a-f]{16}\) signed wrong data/)]);
    expect(servers.map(({ server }) => server)).toContain('alpha');
  });

  /** Fetches to the end while the stranger sends; the file has to be right. */
  async function fetchBeside(options: Readonly<Record<string, unknown>>) {
    const all = { groups: dataGroups, port: 4242, ...options };
    const stranger = scene.bed.host('rogue').spawn(process.execPath, [program, JSON.stringify(all)]);
    await stranger.waitForEvent('sending');
    const receiving = scene.fetch('r1', `${fleet}/image`, 'out');
    const complete = await completed(receiving);
    stranger.kill();
    expect(stranger.stderr).toBe('');
    expect(readFileSync(scene.path('out')).equals(bytes)).toBe(true);
    rmSync(scene.path('out'));
    const { forged = 0, unproven = 0 } = complete.invalid;
    return { ...complete, forgedCount: forged + unproven, warnings: eventsOf(receiving, 'warning') };
  }
});
