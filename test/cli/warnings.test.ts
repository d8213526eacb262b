import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { runHere } from './run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-warnings-'));
afterAll(() => rmSync(folder, { recursive: true }));
await runHere(['keygen', '--out', folder]);
writeFileSync(join(folder, 'a.img'), 'content');

const FLEET = 'fleet: f\nkey: layercast.key\nobjects:\n  a: { file: a.img, version: 1, channels: [{ rate: 1Mbit }] }\n';
const RECEIVER = 'key: layercast.pub\nmode: auto\n';

async function validate(text: string, ...flags: string[]) {
  writeFileSync(join(folder, 'x.yaml'), text);
  return runHere(['config', 'validate', 'x.yaml', ...flags], { cwd: folder });
}

const SERVER_KEY = Buffer.alloc(32, 1).toString('base64');

describe('config validate warns, with the place in the file, and still says ok', () => {
  mkdirSync(join(folder, 'folder'));
  it.each([
    [
      'an object file that is missing',
      FLEET.replace('a.img', 'b.img'),
      /x.yaml:4:14: warning: objects.a.file: no file .*b.img on this host/,
    ],
    ['a folder in the place of a file', FLEET.replace('a.img', 'folder'), /objects.a.file: .* is not an ordinary file/],
    [
      'a key that is missing',
      FLEET.replace('layercast.key', 'no.key'),
      /x.yaml:2:6: warning: key: no file .*no.key on this host/,
    ],
    [
      'a public key in the place of the private one',
      FLEET.replace('layercast.key', 'layercast.pub'),
      /warning: key: .*layercast.pub is not an Ed25519 private key in PEM form .found a public key/,
    ],
    [
      'an interface that is missing',
      `${FLEET}interface: nosuch7\n`,
      /x.yaml:5:12: warning: interface: no usable interface nosuch7 on this host/,
    ],
    [
      'interfaces of servers that are missing, in one line',
      `${FLEET}servers: { x: { interface: no1 }, y: { interface: no2 } }\n`,
      /servers.x.interface: no usable interface no1, no2 on this host/,
    ],
    [
      'records that are missing',
      `${FLEET.replace('key: layercast.key', 'records: .')}servers: { x: { serverKey: ${SERVER_KEY} } }\n`,
      /records: no record of a on this host/,
    ],
    ['long times between announcements', `${FLEET}announceInterval: 60s\n`, /announceInterval: .*use 10 s or less/],
    [
      'a private key at a receiver',
      RECEIVER.replace('.pub', '.key'),
      /x.yaml:1:6: warning: key: .* private key where a public one belongs/,
    ],
    ['a missing key of a receiver', RECEIVER.replace('layercast', 'no'), /warning: key: no file .* on this host/],
    [
      'a missing interface of a receiver',
      `${RECEIVER}interface: nosuch7\n`,
      /interface: no usable interface nosuch7 on this host/,
    ],
    [
      'a variable that is not set',
      FLEET.replace('layercast.key', `"\${NO_SUCH_VARIABLE}/k"`),
      /key: no file .*NO_SUCH_VARIABLE/,
    ],
  ])('of %s', async (_, text, warning) => {
    const { code, stdout, stderr } = await validate(text);
    expect([code, stdout]).toEqual([0, expect.stringContaining('x.yaml: ok: ')]);
    expect(stderr).toMatch(warning);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    const strict = await validate(text, '--strict', '--json');
    expect([strict.code, strict.stderr]).toEqual([2, expect.stringContaining('and --strict was given')]);
    const [report, error] = strict.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(report.warnings).toEqual([
      { code: expect.stringMatching(/^[A-Z_]+$/), path: expect.any(String), message: expect.any(String) },
    ]);
    expect(error).toMatchObject({ event: 'error', code: 'CONFIG_INVALID' });
  });

  it('of servers of a fleet with records that nobody can tell from a forger', async () => {
    const fleet = FLEET.replace('key: layercast.key', 'records: .');
    const { stderr } = await validate(`${fleet}servers: { x: { serverKey: ${SERVER_KEY} }, y: {} }\n`);
    expect(stderr).toMatch(
      /warning: servers\.y: no serverKey, .* "layercast keygen --server" on its host prints the key/,
    );
    expect(stderr).not.toContain('servers.x');
    expect((await validate(`${FLEET}servers: { y: {} }\n`)).stderr).toBe('');
  });

  it('of a private key that everybody may read, as sign does', async () => {
    writeFileSync(join(folder, 'open.yaml'), FLEET);
    chmodSync(join(folder, 'layercast.key'), 0o644);
    try {
      const { stderr } = await validate(FLEET);
      expect(stderr).toMatch(/warning: key: everybody on this host can read .* chmod 600 /);
      const args = ['sign', '--config', 'open.yaml', '--key', 'layercast.key', '--out', 'signed', '--state', 'state'];
      const signed = await runHere(args, { cwd: folder });
      expect(signed.code).toBe(0);
      expect(signed.stderr).toContain('everybody on this host can read');
    } finally {
      chmodSync(join(folder, 'layercast.key'), 0o600);
    }
  });

  it('of so many objects that each is announced seldom', async () => {
    const object = 'file: a.img, version: 1, ladder: { from: 1Mbit, to: 8Mbit }';
    const many = Array.from({ length: 500 }, (_, i) => `  o${i}: { ${object} }\n`).join('');
    const { code, stderr } = await validate(`fleet: f\nkey: layercast.key\nobjects:\n${many}`);
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: announceRate: at this rate it takes 1\d\.?\d* s to announce all objects/);
    // All have the same file: told ten times, then counted.
    expect(stderr.match(/has the same file/g)).toHaveLength(10);
    expect(stderr).toContain('489 more of the kind SAME_FILE');
  });

  it('of nothing where all is well, also with --strict', async () => {
    expect(await validate(FLEET, '--strict')).toEqual({ code: 0, stdout: expect.any(String), stderr: '' });
    expect(await validate(RECEIVER, '--strict')).toEqual({ code: 0, stdout: expect.any(String), stderr: '' });
  });

  it('of nothing that only other hosts need, where this host is one of the servers', async () => {
    const own = JSON.stringify(hostname());
    const text = `${FLEET}  b: { file: b.img, version: 1, channels: [{ rate: 1Mbit }] }\nservers: { ${own}: { objects: [a] }, z: { interface: no9 } }\n`;
    expect(await validate(text)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('plan', () => {
  it('warns as config validate does, in --json as a list, and fails with --strict', async () => {
    writeFileSync(join(folder, 'p.yaml'), `${FLEET}announceInterval: 60s\n`);
    const plain = await runHere(['plan', '--config', 'p.yaml'], { cwd: folder });
    expect([plain.code, plain.stderr]).toEqual([0, expect.stringContaining('p.yaml:5:19: warning: announceInterval')]);
    const json = await runHere(['plan', '--config', 'p.yaml', '--json'], { cwd: folder });
    expect(JSON.parse(json.stdout).warnings).toMatchObject([{ code: 'ANNOUNCE_INTERVAL', path: 'announceInterval' }]);
    expect((await runHere(['plan', '--config', 'p.yaml', '--strict'], { cwd: folder })).code).toBe(2);
  });
});

describeBed('an interface', () => {
  /** Validates on a host whose interfaces have an MTU of 1300. */
  function validateThere(text: string): string {
    writeFileSync(join(folder, 'there.yaml'), text);
    const lay =
      'ip link add eth0 type veth peer name eth1 && ip link set eth1 mtu 1300 up && ip link set eth0 mtu 1300 up';
    const settle =
      'for i in $(seq 100); do ip -6 addr show eth0 | grep inet6 | grep -qv tentative && break; sleep 0.05; done';
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const command = [process.execPath, main, 'config', 'validate', 'there.yaml'];
    return spawnSync('unshare', ['-Urn', 'sh', '-c', `${lay}; ${settle}; exec "$@"`, 'sh', ...command], {
      cwd: folder,
      encoding: 'utf8',
    }).stderr;
  }

  it('that carries smaller packets than those to be sent is told, with the size that fits', () => {
    expect(validateThere(`${FLEET}symbolBytes: 1400\n`)).toMatch(
      /symbolBytes: packets have 1496 bytes, and interface eth[01] on this host carries 1300; use at most symbolBytes: 1204/,
    );
    expect(validateThere(`${FLEET}interface: eth0\nsymbolBytes: 1204\n`)).toBe('');
  });
});
