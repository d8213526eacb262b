import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, progressBeyond, Scene } from './scene.js';

const nameServer = fileURLToPath(new URL('peers/dns-server.mjs', import.meta.url));
const DNSMASQ = '/usr/sbin/dnsmasq';

describeBed('a fetch from the servers of a domain', () => {
  let scene: Scene;
  let image: Buffer;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'beta', 'ns', 'r1']);
    image = scene.random('image', 400_000);
    writeFileSync(
      scene.path('resolv.conf'),
      `nameserver ${scene.bed.host('ns').address}\noptions timeout:1 attempts:2\n`,
    );
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const addressOf = (host: string) => scene.bed.host(host).address;

  /** A fleet of two servers that each may use any address of its host. */
  function config(port: number, rate: string): string {
    const objects = { image: { file: 'image', channels: [{ rate }] } };
    const servers = { alpha: { address: addressOf('alpha') }, beta: { address: addressOf('beta') } };
    return scene.fleet({ fleet: 'acme', port, objects, servers }, `acme-${port}.yaml`);
  }

  function zone(hosts: readonly string[], port: number): void {
    const srv = hosts.map((host) => [0, 0, port, `${host}.acme.example`]);
    const addresses = hosts.map((host) => [`${host}.acme.example`, [addressOf(host)]]);
    writeFileSync(scene.path('zone.json'), JSON.stringify({ srv, hosts: Object.fromEntries(addresses) }));
  }

  async function startNameServer(): Promise<void> {
    const options = { address: addressOf('ns'), zone: scene.path('zone.json'), domain: 'acme.example' };
    const server = scene.bed.host('ns').spawn(process.execPath, [nameServer, JSON.stringify(options)]);
    await server.waitForEvent('listening', { timeoutMs: 30_000 });
  }

  /** On a host whose resolver asks `ns`. */
  function fetch(output: string, more: readonly string[] = []) {
    const mount = `mount --bind ${scene.path('resolv.conf')} /etc/resolv.conf && exec "$@"`;
    const through = ['unshare', '-m', 'sh', '-c', mount, 'sh'];
    return scene.fetch('r1', 'acme/image', output, ['--domain', 'acme.example', ...more], { through });
  }

  test('hears the servers that DNS names, on the port that it names, and no others', { timeout: 90_000 }, async () => {
    zone(['beta'], 4747);
    await Promise.all([
      startNameServer(),
      ...['alpha', 'beta'].map((host) => scene.serve(host, config(4747, '2Mbit'), [], ['--host', host])),
    ]);
    const complete = await completed(fetch('named'));
    expect(readFileSync(scene.path('named')).equals(image)).toBe(true);
    expect(complete.servers.map(({ server }) => server)).toEqual(['beta']);
  });

  test('follows DNS while it runs', { timeout: 90_000 }, async () => {
    zone(['alpha'], 4242);
    const file = config(4242, '500kbit');
    await Promise.all([
      startNameServer(),
      ...['alpha', 'beta'].map((host) => scene.serve(host, file, [], ['--host', host])),
    ]);
    const process = fetch('followed');
    await progressBeyond(process, 0.1);
    zone(['beta'], 4242);
    const complete = await completed(process);
    expect(complete.servers.map(({ server }) => server).sort()).toEqual(['alpha', 'beta']);
    expect(eventsOf(process, 'warning')).toEqual([]);
  });

  // Where nothing may be skipped, the test fails without the program.
  const isMissing = process.env.CI !== 'true' && !existsSync(DNSMASQ);
  test.skipIf(isMissing)(
    'understands the answers of dnsmasq (skipped without the package dnsmasq-base)',
    { timeout: 90_000 },
    async () => {
      const records = [
        '--srv-host=_layercast._udp.acme.example,alpha.acme.example,4242',
        `--host-record=alpha.acme.example,${addressOf('alpha')}`,
      ];
      const only = [
        '--no-resolv',
        '--no-hosts',
        '--conf-file=/dev/null',
        '--pid-file=',
        '--bind-interfaces',
        '--local-ttl=5',
      ];
      scene.bed
        .host('ns')
        .spawn(DNSMASQ, [
          '--keep-in-foreground',
          '--user=root',
          ...only,
          ...records,
          `--listen-address=${addressOf('ns')}`,
        ]);
      await scene.serve('alpha', config(4242, '2Mbit'), [], ['--host', 'alpha']);
      const complete = await completed(fetch('dnsmasq'));
      expect(complete.servers.map(({ server }) => server)).toEqual(['alpha']);
    },
  );
});
