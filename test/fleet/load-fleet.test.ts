import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { loadFleet, parseFleet } from '../../dist/fleet/load-fleet.js';
import { groupOf } from '../../dist/wire/address.js';

const MINIMAL = 'fleet: f\nobjects:\n  a: { file: a.img, version: 1, channels: [{ rate: 1024kbit }] }\n';

describe('a fleet file', () => {
  it('encrypts with the object’s key, else with the fleet’s, and an object can opt out', () => {
    const of = (own: string, fleet = 'contentKey: f.key\n') =>
      parseFleet(`${fleet}${MINIMAL.replace('version: 1', `version: 1${own}`)}`, '/etc/f.yaml').objects[0]!
        .contentKeyPath;
    expect([of(''), of(', contentKey: own.key'), of(', contentKey: false'), of(', contentKey:')]).toEqual([
      '/etc/f.key',
      '/etc/own.key',
      undefined,
      '/etc/f.key',
    ]);
    expect([of('', ''), of(', contentKey: false', '')]).toEqual([undefined, undefined]);
    const tree = MINIMAL.replace('file: a.img', 'dir: a, contentKey: false');
    expect(parseFleet(`contentKey: f.key\n${tree}`, '/etc/f.yaml').objects[0]!.contentKeyPath).toBeUndefined();
  });

  it('of three lines has every default', () => {
    const hashed = (name: string) => groupOf(name, { scope: 'site', hash: 'sha3-512', ssm: false });
    expect(parseFleet(MINIMAL, '/etc/layercast/f.yaml')).toEqual({
      name: 'f',
      keyPath: undefined,
      recordsPath: undefined,
      interface: undefined,
      rootPath: undefined,
      announceKeyPath: undefined,
      catalogueLifeUs: 86_400e6,
      scope: 'site',
      port: 4242,
      hash: 'sha3-512',
      ssm: false,
      hopLimit: 64,
      dscp: 0,
      burstUs: 1000,
      symbolBytes: 1184,
      blockSymbols: undefined,
      announceIntervalUs: 1e6,
      announceRateBitsPerSecond: 256e3,
      announcement: { group: hashed('layercast/f'), port: 4242 },
      directory: { group: hashed('layercast'), port: 4242 },
      objects: [
        {
          name: 'a',
          filePath: '/etc/layercast/a.img',
          content: 'file',
          version: 1,
          code: 'raptorq',
          mode: 'several',
          expiresAfterUs: undefined,
          channels: [
            {
              index: 0,
              group: hashed('f/a/0'),
              port: 4242,
              intervalUs: 10_000,
              rateBitsPerSecond: 1_024_000,
              offset: undefined,
              burstUs: 1000,
              hopLimit: 64,
              dscp: 0,
            },
          ],
        },
      ],
      servers: [
        {
          name: 'server',
          index: 0,
          address: undefined,
          interface: undefined,
          offset: undefined,
          channels: undefined,
          objects: undefined,
          hopLimit: undefined,
          dscp: undefined,
          publicKey: undefined,
        },
      ],
    });
  });

  it('has each setting where it says so', () => {
    const fleet = parseFleet(
      `fleet: acme
key: ../keys/acme.key
interface: eth0
scope: organization
port: 5000
hash: blake3
ssm: true
hopLimit: 7
dscp: 8
symbolBytes: 8900
burst: 2ms
blockSymbols: 56403
announceInterval: 250ms
objects:
  firmware:
    file: /srv/firmware.img
    version: 281474976710655
    code: none
    mode: best
    expires: 30d
    schedule: { every: 1d, from: 2h, for: 90min }
    burst: 3ms
    channels:
      - { pktDelay: 5ms, offset: 12.5%, port: 6000, burst: 100us, hopLimit: 0, dscp: 63 }
      - { rate: 10Mbit, offset: 10 MiB, group: "FF38:0::8000:0042" }
servers:
  alpha: { address: "FD00:1:0::1", interface: eth1, offset: 1kB, channels: [0], objects: [firmware], hopLimit: 9, dscp: 1 }
  beta: { address: "fd00:1::2" }
`,
      '/etc/layercast/acme.yaml',
    );
    expect(fleet).toMatchObject({
      keyPath: '/etc/keys/acme.key',
      scope: 'organization',
      announcement: {
        group: groupOf('layercast/acme', { scope: 'organization', hash: 'blake3', ssm: false }),
        port: 5000,
      },
      announceIntervalUs: 250_000,
      blockSymbols: 56_403,
      burstUs: 2000,
    });
    expect(fleet.objects[0]).toMatchObject({
      filePath: '/srv/firmware.img',
      version: 2 ** 48 - 1,
      code: 'none',
      mode: 'best',
      expiresAfterUs: 30 * 86_400e6,
      schedule: { everyS: 86_400, lastsS: 5400, fromS: 7200 },
      channels: [
        {
          group: groupOf('acme/firmware/0', { scope: 'organization', hash: 'blake3', ssm: true }),
          port: 6000,
          intervalUs: 5000,
          rateBitsPerSecond: (8996 * 8) / 0.005,
          offset: { ratio: 0.125 },
          burstUs: 100,
          hopLimit: 0,
          dscp: 63,
        },
        { group: 'ff38::8000:42', port: 5000, offset: { bytes: 10 * 2 ** 20 }, burstUs: 3000, hopLimit: 7, dscp: 8 },
      ],
    });
    expect(fleet.servers).toEqual([
      {
        name: 'alpha',
        index: 0,
        address: 'fd00:1::1',
        interface: 'eth1',
        offset: { bytes: 1000 },
        channels: [0],
        objects: ['firmware'],
        hopLimit: 9,
        dscp: 1,
      },
      expect.objectContaining({ name: 'beta', index: 1, address: 'fd00:1::2', channels: undefined }),
    ]);
  });

  it.each([
    ['interface', 0],
    ['link', 1],
    ['admin', 64],
    ['global', 64],
  ])('in scope %s has hop limit %d', (scope, hopLimit) => {
    expect(parseFleet(`${MINIMAL}scope: ${scope}\n`, 'f').hopLimit).toBe(hopLimit);
  });

  it('numbers servers in the order of the file, also those whose names are numbers', () => {
    const { servers } = parseFleet(`${MINIMAL}servers:\n  b:\n  "2":\n  a:\n  "1":\n`, 'f');
    expect(servers.map(({ name, index }) => [name, index])).toEqual([
      ['b', 0],
      ['2', 1],
      ['a', 2],
      ['1', 3],
    ]);
  });

  it('makes a ladder of layers that add up, or in mode best of whole channels', () => {
    const rates = (mode: string) =>
      parseFleet(
        `fleet: f\nobjects:\n  a: { file: a, version: 1, mode: ${mode}, ladder: { from: 3Mbit, to: 8Mbit } }\n`,
        'f',
      ).objects[0]!.channels.map((channel) => channel.rateBitsPerSecond);
    expect(rates('several')).toEqual([3e6, 1e6, 1e6, 1e6, 2e6]);
    expect(rates('best')).toEqual([3e6, 4e6, 5e6, 6e6, 8e6]);
  });

  it('takes any name for an object, and never makes a path of it', () => {
    for (const name of ['../../etc/passwd', 'a/b', '..', 'имя файла', '🚀'.repeat(63), 'constructor', '42']) {
      const text = MINIMAL.replace('  a:', `  ${JSON.stringify(name)}:`);
      expect(parseFleet(text, '/etc/f.yaml').objects).toMatchObject([{ name, filePath: '/etc/a.img' }]);
    }
  });

  it('leaves keys and records out when nothing stands there', () => {
    expect(parseFleet(`${MINIMAL}key:\nrecords: signed\n`, '/etc/f.yaml')).toMatchObject({
      keyPath: undefined,
      recordsPath: '/etc/signed',
    });
  });
});

describe('whatever stands in a fleet file', () => {
  const fleets = fc.constantFrom(MINIMAL, `${MINIMAL}servers:\n  a: { offset: 5%, channels: [0] }\n`);
  const words = fc.constantFrom(
    ...[
      'fleet',
      'objects',
      'servers',
      'channels',
      'ladder',
      'rate',
      '1Mbit',
      '33%',
      ': ',
      '- ',
      '\n',
      '\n  ',
      '{',
      '}',
    ],
    ...[
      '[',
      ']',
      '"',
      "'",
      '&a ',
      '*a',
      '? ',
      '!!map ',
      '<<',
      '|',
      '>',
      '#',
      '---\n',
      '...\n',
      'null',
      '~',
      '-1',
      '.nan',
    ],
    ...['0x10', '1e99', 'ff15::1', '__proto__', '\t', '\u0000', '\ud800', 'é', '%YAML 1.1\n', '2026-01-01', 'true'],
  );
  const soup = fc.array(fc.oneof(words, fc.string({ maxLength: 3 })), { maxLength: 40 }).map((parts) => parts.join(''));
  const damaged = fc
    .record({ fleet: fleets, at: fc.nat(120), remove: fc.nat(8), insert: fc.array(words, { maxLength: 3 }) })
    .map(({ fleet, at, remove, insert }) => fleet.slice(0, at) + insert.join('') + fleet.slice(at + remove));
  const shaped = fc.json({ maxDepth: 4 }).map((json) => `fleet: f\nobjects: ${json}\nservers: ${json}\n`);

  it('it is a fleet or a list of faults, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.oneof(soup, damaged, shaped), (text) => {
        try {
          const fleet = parseFleet(text, 'f.yaml');
          expect(fleet.objects.length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof LayercastError) || error.code !== 'CONFIG_INVALID') throw error;
          for (const line of error.message.split('\n')) expect(line).toMatch(/^f\.yaml:[1-9]\d*:[1-9]\d*: ./);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['nesting without end', '['.repeat(30_000)],
    ['nested mappings without end', '{a: '.repeat(20_000)],
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghi'[i]}`)}]\n`).join('')}`,
    ],
    ['an alias of itself', 'fleet: &f [*f]\nobjects: &o { a: *o }\n'],
  ])('%s is a fault', (_title, text) => {
    expect(() => parseFleet(text, 'f')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('loading', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'layercast-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads the file, and finds paths from its folder', async () => {
    await writeFile(join(folder, 'f.yaml'), MINIMAL);
    expect((await loadFleet(join(folder, 'f.yaml'))).objects[0]!.filePath).toBe(join(folder, 'a.img'));
  });

  it('says when there is no file, when it is a folder, too large, or no text', async () => {
    const loading = (name: string) => loadFleet(join(folder, name));
    await expect(loading('none')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(loading('.')).rejects.toMatchObject({
      code: 'NOT_A_FILE',
      message: expect.stringMatching(/^cannot read ".*": it is a directory$/),
    });
    await writeFile(join(folder, 'large'), Buffer.alloc(8 * 2 ** 20 + 1, '#'));
    await expect(loading('large')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('larger'),
    });
    await writeFile(join(folder, 'binary'), Buffer.from([0x66, 0xff, 0xfe]));
    await expect(loading('binary')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('UTF-8'),
    });
  });
});
