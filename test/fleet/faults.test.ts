import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../dist/config/faults.js';
import { parseFleet } from '../../dist/fleet/load-fleet.js';

/** The fault lines of a text, without the file's name. */
function faultsOf(text: string): string[] {
  try {
    parseFleet(text, 'f.yaml');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.code).toBe('CONFIG_INVALID');
    const lines = error.message.split('\n');
    expect(lines).toHaveLength(error.faults.length);
    return lines.map((line) => line.replace(/^f\.yaml:/, ''));
  }
  return [];
}

/** A fleet whose only object has these channels; they stand from line 6, column 9. */
const withChannels = (...channels: string[]) =>
  `fleet: f\nobjects:\n  a:\n    file: a\n    version: 1\n    channels:\n${channels.map((c) => `      - ${c}\n`).join('')}`;

/** A good fleet with more lines at its end, from line 4. */
const withMore = (...lines: string[]) =>
  `fleet: f\nobjects:\n  a: { file: a, version: 1, channels: [{ rate: 1Mbit }, { rate: 2Mbit }] }\n${lines.join('\n')}\n`;

const RATES = 'a number and bit, kbit, Mbit or Gbit, such as 1.5Mbit, from 100 bit to 100 Gbit';
const TIMES = 'a number and us, ms, s, min, h or d, such as 5ms';
const OFFSETS = 'a share from 0% to 100%, or a number and B, kB, MB, GB, TB, KiB, MiB, GiB or TiB';
const CHANNEL = 'a mapping with rate, pktDelay, offset, burst, group, port, hopLimit, dscp or trigger';

describe('a fault tells its place, what is wrong, what was found, what is allowed', () => {
  it.each<[string, string, string[]]>([
    [
      'broken YAML',
      'fleet: [a\nobjects: 1\n',
      ['2:1: Flow sequence in block collection must be sufficiently indented'],
    ],
    [
      'a delta of what no file holds',
      'fleet: f\nobjects:\n  a: { file: "-", version: 1, deltaFrom: [b], channels: [{ rate: 1Mbit }] }\n',
      [
        '3:42: objects.a.deltaFrom: not possible here, found it beside standard input, allowed: deltaFrom for a file or a folder',
      ],
    ],
    [
      'a content key of the fleet for a folder, a delta and frames of iotupd',
      'fleet: f\ncontentKey: c\nobjects:\n  a: { dir: d, version: 1, channels: [{ rate: 1Mbit }] }\n' +
        '  b: { file: b, version: 1, deltaFrom: [c], channels: [{ rate: 1Mbit }] }\n' +
        '  c: { file: c, version: 1, channels: [{ rate: 1Mbit }], iotupd: { name: c, rate: 1Mbit } }\n' +
        '  d: { file: d, version: 1, channels: [{ rate: 1Mbit }] }\n',
      [
        '4:13: objects.a.dir: an object with "dir" cannot be encrypted, found the fleet’s "contentKey", allowed: contentKey: false',
        '5:40: objects.b.deltaFrom: an object with "deltaFrom" cannot be encrypted, found the fleet’s "contentKey", allowed: contentKey: false',
        '6:66: objects.c.iotupd: an object with "iotupd" cannot be encrypted, found the fleet’s "contentKey", allowed: contentKey: false',
      ],
    ],
    [
      'a content key of a folder',
      'fleet: f\nobjects:\n  a: { dir: d, version: 1, contentKey: c, channels: [{ rate: 1Mbit }] }\n',
      [
        '3:40: objects.a.contentKey: an object with "dir" cannot be encrypted, found the object’s "contentKey", allowed: contentKey: false',
      ],
    ],
    [
      'a content key that is no path',
      'fleet: f\nobjects:\n  a: { file: d, version: 1, contentKey: true, channels: [{ rate: 1Mbit }] }\n',
      [
        '3:41: objects.a.contentKey: not a path, found true, allowed: one line of text that is not empty, or false for an object that is not encrypted',
      ],
    ],
    [
      'windows that overlap, and one that begins after the next',
      'fleet: f\nobjects:\n  a: { file: a, version: 1, schedule: { every: 1h, for: 2h, from: 3h }, channels: [{ rate: 1Mbit }] }\n',
      ['3:39: objects.a.schedule: for is longer than every', '3:39: objects.a.schedule: from is not less than every'],
    ],
    ['a key given twice', 'fleet: f\nfleet: g\n', ['2:1: Map keys must be unique']],
    [
      'a list in place of the file',
      '- 1\n',
      ['1:1: not a fleet file, found a list of 1, allowed: a mapping with fleet, '],
    ],
    ['an empty file', '', ['1:1: missing, found nothing, allowed: a mapping with fleet, ']],
    ['an unknown tag', 'fleet: !x f\n', ['1:8: Unresolved tag: !x']],
    ['an alias to nothing', 'fleet: *x\n', ['1:8: nothing to repeat, found *x, allowed: a name after &']],
    [
      'a list for a name',
      'fleet: f\n[a, b]: c\n',
      ['2:1: not a usable name, found a list or mapping, allowed: other text'],
    ],
    [
      'a name that plain objects cannot hold',
      withMore('servers:', '  __proto__: {}'),
      ['5:3: not a usable name, found "__proto__", allowed: other text'],
    ],
    [
      'a missing name',
      withMore().replace('fleet: f\n', ''),
      ['1:1: fleet: missing, found nothing, allowed: 1 to 63 bytes'],
    ],
    [
      'a fleet name with a slash',
      withMore().replace('fleet: f', 'fleet: a/b'),
      ['1:8: fleet: not a name, found "a/b", allowed: 1 to 63 bytes of text without spaces and /'],
    ],
    [
      'a fleet name that is a number',
      withMore().replace('fleet: f', 'fleet: 12'),
      ['1:8: fleet: not a name, found 12, allowed: '],
    ],
    [
      'a fleet name of 64 bytes',
      withMore().replace('fleet: f', `fleet: ${'é'.repeat(32)}`),
      [`1:8: fleet: not a name, found "${'é'.repeat(32)}", allowed: `],
    ],
    [
      'an unknown setting',
      withMore('prot: 1'),
      ['4:1: prot: unknown setting, found "prot", allowed: fleet, key, records, '],
    ],
    [
      'an unknown setting of a channel',
      withChannels('{ rate: 1Mbit, speed: 2 }'),
      [
        '7:24: objects.a.channels.0.speed: unknown setting, found "speed", allowed: rate, pktDelay, offset, burst, group, port, hopLimit, dscp or trigger',
      ],
    ],
    [
      'an unknown scope',
      withMore('scope: sight'),
      [
        '4:8: scope: not one of the choices, found "sight", allowed: interface, link, admin, site, organization or global',
      ],
    ],
    [
      'a port out of range',
      withMore('port: 65536'),
      ['4:7: port: not a number in range, found 65536, allowed: a whole number from 1 to 65535'],
    ],
    [
      'a number that is text',
      withMore('dscp: "8"'),
      ['4:7: dscp: not a number in range, found "8", allowed: a whole number from 0 to 63'],
    ],
    [
      'a fraction',
      withMore('hopLimit: 1.5'),
      ['4:11: hopLimit: not a number in range, found 1.5, allowed: a whole number from 0 to 255'],
    ],
    [
      'symbols too large',
      withMore('symbolBytes: 8901'),
      ['4:14: symbolBytes: not a number in range, found 8901, allowed: a whole number from 16 to 8900'],
    ],
    [
      'blocks too long',
      withMore('blockSymbols: 56404'),
      ['4:15: blockSymbols: not a number in range, found 56404, allowed: a whole number from 1 to 56403'],
    ],
    [
      'text for a truth',
      withMore('ssm: yes'),
      ['4:6: ssm: neither true nor false, found "yes", allowed: true or false'],
    ],
    [
      'a time without unit',
      withMore('announceInterval: 5'),
      [`4:19: announceInterval: not a time, found 5, allowed: ${TIMES}, from 100 ms to 1 h`],
    ],
    [
      'a time out of range',
      withMore('announceInterval: 2h'),
      [`4:19: announceInterval: not a time, found "2h", allowed: ${TIMES}, from 100 ms to 1 h`],
    ],
    [
      'two who sign',
      withMore('key: k', 'records: r'),
      ['5:10: records: unclear who signs, found both "key" and "records", allowed: at most one of them'],
    ],
    [
      'an unknown hash',
      withMore('hash: md5'),
      ['4:7: hash: not one of the choices, found "md5", allowed: sha3-512 or blake3'],
    ],
    [
      'no objects',
      'fleet: f\nobjects: {}\n',
      ['2:10: objects: no objects, found a mapping, allowed: at least one object'],
    ],
    [
      'an object name with a control character',
      'fleet: f\nobjects:\n  "a\\tb": { file: a, version: 1, channels: [{ rate: 1Mbit }] }\n',
      [
        '3:3: objects.a\ufffdb: not a name for an object, found "a\\tb", allowed: 1 to 255 bytes of text without control characters',
      ],
    ],
    [
      'an object without file',
      'fleet: f\nobjects:\n  a:\n    version: 1\n    channels: [{ rate: 1Mbit }]\n',
      ['3:3: objects.a: unclear what to publish, found neither, allowed: exactly one of file and dir'],
    ],
    [
      'two objects from standard input',
      'fleet: f\nobjects:\n  a: { file: "-", version: 1, channels: [{ rate: 1Mbit }] }\n  b: { file: "-", version: 1, channels: [{ rate: 1Mbit }] }\n',
      ['4:14: objects.b.file: standard input is taken by another object, found "-", allowed: a file'],
    ],
    [
      'version 0',
      'fleet: f\nobjects:\n  a:\n    file: a\n    version: 0\n    channels: [{ rate: 1Mbit }]\n',
      ['5:14: objects.a.version: not a number in range, found 0, allowed: a whole number from 1 to 281474976710655'],
    ],
    [
      'neither channels nor ladder',
      'fleet: f\nobjects:\n  a:\n    file: a\n    version: 1\n',
      ['3:3: objects.a: unclear which channels to send, found neither, allowed: exactly one of channels and ladder'],
    ],
    [
      'channels and ladder',
      withChannels('{ rate: 1Mbit }').concat('    ladder: { from: 1Mbit, to: 2Mbit }\n'),
      ['3:3: objects.a: unclear which channels to send, found both, allowed: exactly one of channels and ladder'],
    ],
    [
      'no channels',
      'fleet: f\nobjects:\n  a: { file: a, version: 1, channels: [] }\n',
      ['3:39: objects.a.channels: no channels, found a list of 0, allowed: 1 to 32 channels'],
    ],
    [
      '33 channels',
      withChannels(...Array<string>(33).fill('{ rate: 1Mbit }')),
      ['6:5: objects.a.channels: too many channels, found a list of 33, allowed: 1 to 32 channels'],
    ],
    [
      'an item that is nothing',
      withChannels('{ rate: 1Mbit }', ''),
      [`8:9: objects.a.channels.1: not a channel, found nothing, allowed: ${CHANNEL}`],
    ],
    [
      'neither rate nor pktDelay',
      withChannels('{ rate: 1Mbit }', '{ offset: 0% }'),
      ['8:9: objects.a.channels.1: unclear how fast to send, found neither, allowed: exactly one of rate and pktDelay'],
    ],
    [
      'rate and pktDelay',
      withChannels('{ rate: 1Mbit, pktDelay: 5ms }'),
      ['7:9: objects.a.channels.0: unclear how fast to send, found both, allowed: exactly one of rate and pktDelay'],
    ],
    [
      'a rate without unit',
      withChannels('{ rate: 1000 }'),
      [`7:17: objects.a.channels.0.rate: not a rate, found 1000, allowed: ${RATES}`],
    ],
    [
      'a rate of nothing',
      withChannels('{ rate: 0Mbit }'),
      [`7:17: objects.a.channels.0.rate: not a rate, found "0Mbit", allowed: ${RATES}`],
    ],
    [
      'a pktDelay of nothing',
      withChannels('{ pktDelay: 0s }'),
      [`7:21: objects.a.channels.0.pktDelay: not a time, found "0s", allowed: ${TIMES}, from 0.1 us to 1 h`],
    ],
    [
      'an offset over 100%',
      withChannels('{ rate: 1Mbit, offset: 101% }'),
      [`7:32: objects.a.channels.0.offset: not an offset, found "101%", allowed: ${OFFSETS}`],
    ],
    [
      'a unicast group',
      withChannels('{ rate: 1Mbit, group: "fd00::1" }'),
      [
        '7:31: objects.a.channels.0.group: not usable, "fd00::1" is not a multicast address, allowed: an IPv6 multicast address (ff00::/8), such as ff15::42',
      ],
    ],
    [
      'a source-specific group in an any-source fleet',
      withChannels('{ rate: 1Mbit, group: "ff35::8000:1" }'),
      [
        '7:31: objects.a.channels.0.group: not usable, "ff35::8000:1" is a source-specific group, but the fleet is any-source, allowed: a multicast address outside ff3x::/32, such as ff15::42; or set ssm: true',
      ],
    ],
    [
      'one group and port twice',
      withChannels('{ rate: 1Mbit, group: "ff15::42" }', '{ rate: 1Mbit, group: "FF15:0::42" }'),
      [
        '8:31: objects.a.channels.1.group: group and port are taken by objects.a.channels.0, found ff15::42 port 4242, allowed: a group or port that no other channel has',
      ],
    ],
    [
      'a ladder upside down',
      'fleet: f\nobjects:\n  a: { file: a, version: 1, ladder: { from: 2Mbit, to: 1Mbit } }\n',
      ['3:56: objects.a.ladder.to: "to" is below "from", found 2 Mbit to 1 Mbit, allowed: no less than "from"'],
    ],
    [
      'a ladder too long',
      'fleet: f\nobjects:\n  a: { file: a, version: 1, ladder: { from: 1Mbit, to: 64Gbit } }\n',
      [
        '3:37: objects.a.ladder: too many channels, found 1 Mbit to 64 Gbit, which makes 48, allowed: 32 ("to" of at most 1.37 Gbit, or a higher "from")',
      ],
    ],
    [
      'a server name with a space',
      withMore('servers:', '  al pha: {}'),
      ['5:3: servers.al pha: not a name, found "al pha", allowed: 1 to 63 bytes of text without spaces and /'],
    ],
    [
      'no servers',
      withMore('servers: {}'),
      ['4:10: servers: no servers, found a mapping, allowed: at least one server, or no servers: at all'],
    ],
    [
      '256 servers',
      withMore('servers:', ...Array.from({ length: 256 }, (_, i) => `  s${i}:`)),
      ['4:1: servers: too many servers, found a mapping, allowed: at most 255 servers'],
    ],
    [
      'a server address with zone',
      withMore('servers:', '  a: { address: "fe80::1%eth0" }'),
      [
        '5:17: servers.a.address: not usable, "fe80::1%eth0" is not an IPv6 address, allowed: an address without zone, such as fe80::1; the interface is a setting of its own',
      ],
    ],
    [
      'a multicast server address',
      withMore('servers:', '  a: { address: "ff02::1" }'),
      [
        '5:17: servers.a.address: not usable, "ff02::1" is not the address of a host, allowed: a unicast IPv6 address, such as fd00:1::1',
      ],
    ],
    [
      'a server of unknown objects',
      withMore('servers:', '  a: {}', '  b: { objects: [a, maps] }'),
      ['6:21: servers.b.objects.1: no such object, found "maps", allowed: a'],
    ],
    [
      'a server of unknown channels',
      withMore('servers:', '  a: {}', '  b: { channels: [0, 2] }'),
      ['6:22: servers.b.channels.1: no such channel, found 2, allowed: 0 to 1'],
    ],
    [
      'a channel that nobody sends',
      withMore('servers:', '  a: { channels: [1] }'),
      [
        '3:40: objects.a.channels.0: no server sends it, found it in no list of servers.*.channels, allowed: each object and channel in the list of at least one server',
      ],
    ],
    [
      'an object that nobody sends',
      withMore('  b: { file: b, version: 1, ladder: { from: 1Mbit, to: 1Mbit } }', 'servers: { a: { objects: [a] } }'),
      [
        '4:3: objects.b: no server sends it, found it in no list of servers.*.objects, allowed: each object and channel in the list of at least one server',
      ],
    ],
    [
      'source-specific without servers',
      withMore('ssm: true'),
      ['4:6: ssm: no servers, found nothing, allowed with ssm: true: servers with an address each'],
    ],
    [
      'source-specific without an address',
      withMore('ssm: true', 'servers:', '  a: { address: "fd00::1" }', '  b: {}'),
      ['7:3: servers.b.address: missing, found nothing, allowed with ssm: true: servers with an address each'],
    ],
  ])('%s', (_title, text, expected) => {
    const found = faultsOf(text);
    expect(found.map((line, index) => line.slice(0, expected[index]?.length))).toEqual(expected);
  });
});

describe('faults', () => {
  it('of shape and of the whole come out together, in the order of the file', () => {
    const text = `fleet: a b
key: k
records: r
objects:
  a: { file: a, version: 1, channels: [{ rate: 1 }] }
  b: { file: b, version: 1, channels: [{ rate: 1Mbit, group: "ff15::1" }, { rate: 1Mbit, group: "ff15::1" }] }
servers:
  alpha: { address: "::", objects: [c] }
  beta: { offset: 5 }
`;
    expect(faultsOf(text).map((line) => line.split(' ')[0])).toEqual([
      '1:8:',
      '3:10:',
      '5:48:',
      '6:97:',
      '8:21:',
      '8:37:',
      '9:19:',
    ]);
  });

  it('of one object are not followed by faults that are only their consequence', () => {
    const text = withMore('servers: { s: { objects: [a], channels: [0, 1] } }').replace('version: 1', 'version: x');
    expect(faultsOf(text)).toEqual([
      '3:26: objects.a.version: not a number in range, found "x", allowed: a whole number from 1 to 281474976710655',
    ]);
  });

  it('show no more than the beginning of what was found', () => {
    expect(faultsOf(withMore(`scope: ${'x'.repeat(100_000)}`))[0]!.length).toBeLessThan(200);
  });

  it('let no control character through to a terminal, nor into more lines', () => {
    const text = withMore('"\\e[31m\\nx": 1', 'scope: "\\e[31m\\n"', 'interface: "\\x9b"').replace(
      'fleet: f',
      'fleet: "f\\n"',
    );
    const faults = faultsOf(text);
    expect(faults).toHaveLength(4);
    for (const line of faults) expect(line).toMatch(/^\d+:\d+: \P{Cc}+$/u);
  });

  it('are found at values behind an alias, too', () => {
    const text = 'fleet: f\nobjects:\n  a: &a { file: a, version: 0, channels: [{ rate: 1Mbit }] }\n  b: *a\n';
    expect(faultsOf(text).map((line) => line.split(':').slice(0, 2).join(':'))).toEqual(['3:29', '3:29']);
  });
});

it('a file with two documents is told so', () => {
  expect(faultsOf('fleet: a\n---\nfleet: b\n')).toContain('2:1: a second document begins here, allowed: one in a file');
});
