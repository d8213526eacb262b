import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, progressBeyond, Scene } from './scene.js';

const nameServer = fileURLToPath(new URL('peers/dns-server.mjs', import.meta.url));

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
  function fetch(output: string, more: readonly string[] = [], resolvers = scene.path('resolv.conf')) {
    const mount = `mount --bind ${resolvers} /etc/resolv.conf && exec "$@"`;
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

  // Where nothing may be skipped, the test fails without the programs.
  const missing = Object.keys(PROGRAMS).filter((name) => process.env.CI !== 'true' && !existsSync(programOf(name)));
  test.skipIf(missing.length === 3)(
    `understands the answers of dnsmasq, Knot and NSD${missing.length > 0 ? ` (skipped without ${missing.join(', ')})` : ''}`,
    { timeout: 90_000 },
    async () => {
      await scene.serve('alpha', config(4242, '2Mbit'), [], ['--host', 'alpha']);
      const fetches = Object.entries(PROGRAMS)
        .filter(([name]) => !missing.includes(name))
        .map(async ([name, argumentsOf], index) => {
          const address = `fd00:1::53:${index}`;
          await scene.bed.host('ns').run('ip', ['addr', 'add', `${address}/64`, 'dev', 'eth0', 'nodad']);
          const folder = scene.path(name);
          mkdirSync(folder);
          writeFileSync(join(folder, 'zone'), zoneText(addressOf('alpha')));
          const args = argumentsOf(folder, address, addressOf('alpha'));
          scene.bed.host('ns').spawn(programOf(name), args);
          writeFileSync(join(folder, 'resolv.conf'), `nameserver ${address}\noptions timeout:1 attempts:2\n`);
          const complete = await completed(fetch(`by-${name}`, [], join(folder, 'resolv.conf')));
          expect([name, complete.servers.map(({ server }) => server)]).toEqual([name, ['alpha']]);
        });
      await Promise.all(fetches);
    },
  );
});

/** Name servers, and their arguments. Each stays in the foreground, and answers for acme.example at one address. */
const PROGRAMS: Readonly<Record<string, (folder: string, address: string, alpha: string) => readonly string[]>> = {
  dnsmasq: (_, address, alpha) => [
    ...['--keep-in-foreground', '--user=root', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--pid-file='],
    ...['--bind-interfaces', '--local-ttl=5', `--listen-address=${address}`],
    '--srv-host=_layercast._udp.acme.example,alpha.acme.example,4242',
    `--host-record=alpha.acme.example,${alpha}`,
  ],
  knotd: (folder, address) => {
    const server = `server:\n  rundir: ${folder}\n  listen: "${address}@53"\ndatabase:\n  storage: ${folder}\n`;
    const zone = `zone:\n  - domain: acme.example\n    file: ${folder}/zone\n    zonefile-sync: -1\n    journal-content: none\n`;
    writeFileSync(join(folder, 'knot.conf'), `${server}${zone}`);
    return ['-c', join(folder, 'knot.conf')];
  },
  nsd: (folder, address) => {
    const own = ['pidfile', 'database', 'zonelistfile', 'xfrdfile'].map((key) => `  ${key}: "${folder}/${key}"`);
    const server = `server:\n  ip-address: ${address}\n  username: ""\n  zonesdir: "${folder}"\n${own.join('\n')}`;
    const zone = 'zone:\n  name: acme.example\n  zonefile: zone';
    writeFileSync(join(folder, 'nsd.conf'), `${server}\nremote-control:\n  control-enable: no\n${zone}\n`);
    return ['-d', '-c', join(folder, 'nsd.conf')];
  },
};

function programOf(name: string): string {
  return `/usr/sbin/${name}`;
}

function zoneText(alpha: string): string {
  return `$ORIGIN acme.example.
$TTL 5
@ IN SOA ns.acme.example. admin.acme.example. 1 3600 600 86400 5
@ IN NS ns.acme.example.
ns IN AAAA ${alpha}
alpha IN AAAA ${alpha}
_layercast._udp IN SRV 0 0 4242 alpha.acme.example.
`;
}
