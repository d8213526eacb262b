import { describe, expect, it } from 'vitest';
import { fileKindOf } from '../../dist/cli/file-kind.js';
import { parseAgentFile } from '../../dist/options/agent-file.js';
import { checkAgentOptions } from '../../dist/options/check-agent-options.js';

const KEY = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
`;
const FIRMWARE = { object: 'firmware', output: 'fw.img' };

describe('an agent file', () => {
  it('has each setting where it says so, with paths from its folder', () => {
    const text = `fleet: acme
key: acme.pub
contentKey: content.key
maxRate: 5Mbit
caution: high
fillAfter: 10min
state: state
status: /run/status.json
subscribe:
  - object: firmware
    output: fw.img
    run: [rauc, install, '{file}', rauc]
    seed: [fw.img, /dev/slot-b]
    fill: ["https://updates.example/{object}"]
    contentKey: keys/firmware.key
    timeout: 20min
  - { object: "maps/**", output: "maps/{object}" }
  - { object: tree, output: { pipe: [tar, -x], timeout: 5min } }
  - { object: folder, output: { dir: maps } }
  - { object: disk, output: { device: /dev/disk/by-partlabel/slot-b } }
wake: { every: 6h, for: 5min, jitter: 20%, budget: 20MB }
`;
    expect(parseAgentFile(text, '/etc/layercast/a.yaml')).toEqual(
      expect.objectContaining({
        fleet: 'acme',
        key: '/etc/layercast/acme.pub',
        contentKey: '/etc/layercast/content.key',
        maxRateBitsPerSecond: 5e6,
        caution: 'high',
        fillAfterMs: 600e3,
        stateDir: '/etc/layercast/state',
        statusFile: '/run/status.json',
        subscribe: [
          {
            object: 'firmware',
            output: '/etc/layercast/fw.img',
            run: ['rauc', 'install', '{file}', 'rauc'],
            seeds: ['/etc/layercast/fw.img', '/dev/slot-b'],
            fill: ['https://updates.example/{object}'],
            contentKey: '/etc/layercast/keys/firmware.key',
            timeoutMs: 1200e3,
          },
          { object: 'maps/**', output: '/etc/layercast/maps/{object}', run: undefined, timeoutMs: undefined },
          {
            object: 'tree',
            output: { pipe: ['tar', '-x'], timeoutMs: 300e3 },
            run: undefined,
            timeoutMs: undefined,
          },
          { object: 'folder', output: { dir: '/etc/layercast/maps' }, run: undefined, timeoutMs: undefined },
          { object: 'disk', output: { device: '/dev/disk/by-partlabel/slot-b' }, run: undefined, timeoutMs: undefined },
        ],
        wake: { everyMs: 21_600e3, forMs: 300e3, jitterRatio: 0.2, budgetBytes: 20e6 },
      }),
    );
    expect(fileKindOf(text)).toBe('agent');
  });

  it('tells all faults of single settings with their places', () => {
    const text = 'fleet: a b\nsubscribe:\n  - object: x\n    run: rauc\nwake: { for: 5 }\n';
    expect(() => parseAgentFile(text, 'a.yaml')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: [
          'a.yaml:1:1: key: missing, found nothing, allowed: text that is not empty, without control characters',
          'a.yaml:1:8: fleet: not a name, found "a b", allowed: 1 to 63 bytes of text without spaces and /',
          'a.yaml:3:5: subscribe.0.output: missing, found nothing, allowed: a path, or { pipe: [program, argument, …] }, { dir: FOLDER } or { device: PATH }',
          'a.yaml:4:10: subscribe.0.run: not a command, found "rauc", allowed: a list of 1 to 100 texts, such as [rauc, install, \'{file}\']',
          'a.yaml:5:14: wake.for: not a time, found 5, allowed: a number and us, ms, s, min, h or d, such as 5ms, from 1 s to 365 d',
        ].join('\n'),
      }),
    );
  });

  it.each([
    ['fd00::1', /coap\.allow: not a list of addresses/],
    ['[]', /coap\.allow: no addresses/],
    ['["fd00::1", "fd00::/129"]', /a\.yaml:4:\d+: coap\.allow\.1: neither an address nor a prefix/],
  ])('refuses coap.allow: %s', (allow, fault) => {
    const text = `fleet: acme\nkey: k\nsubscribe: [{ object: x, output: y }]\ncoap: { listen: "5683", allow: ${allow} }\n`;
    expect(() => parseAgentFile(text, 'a.yaml')).toThrow(fault);
  });

  it('refuses "-" for a file that is no stream', () => {
    const text = 'fleet: acme\nkey: k\nsubscribe: [{ object: x, output: y }]\nstatus: "-"\n';
    expect(() => parseAgentFile(text, 'a.yaml')).toThrow(
      /a\.yaml:4:9: status: not a path, found "-", allowed: .*\.\/- /,
    );
  });

  it('tells what its subscriptions and times together are wrong about', () => {
    const text = `fleet: acme
key: k
subscribe:
  - { object: a, output: x }
  - { object: a, output: y }
  - { object: b, output: x }
  - { object: "m/*", output: m }
  - { object: c, output: "{version}", run: [cp, "{path}"] }
  - { object: "d/*", output: { pipe: [tar, -x] }, run: [cp, "{file}"] }
wake: { every: 1min }
`;
    const error = (() => {
      try {
        return parseAgentFile(text, 'a.yaml');
      } catch (caught) {
        return caught as Error;
      }
    })() as Error;
    expect(error.message.split('\n').map((line) => line.replace(/^a\.yaml:/, ''))).toEqual([
      '5:15: subscribe.1.object: subscribed twice, found "a", allowed: each name or pattern once',
      `6:26: subscribe.2.output: used twice, found ${JSON.stringify(`${process.cwd()}/x`)}, allowed: another path for each subscription`,
      `7:30: subscribe.3.output: the same file for several objects, found ${JSON.stringify(`${process.cwd()}/m`)}, allowed: a path with {object}`,
      '8:26: subscribe.4.output: nothing to fill in, found "{version}", allowed: {object}',
      '8:44: subscribe.4.run: nothing to fill in, found "{path}", allowed: {file}',
      '9:56: subscribe.5.run: nothing to fill in, found "{file}", allowed: no names in braces, as the output is no file',
      '10:1: wake.for: longer than the time between two wakes, found 5 min, allowed: at most 54 s, the shortest time between two',
    ]);
  });
});

describe('the options of createAgent', () => {
  it('have the defaults of the file', () => {
    const options = checkAgentOptions({ fleet: 'acme', key: KEY, subscribe: [FIRMWARE], wake: { everyMs: 3600e3 } });
    expect(options).toMatchObject({
      once: false,
      port: 4242,
      subscribe: [{ ...FIRMWARE, timeoutMs: 3600e3 }],
      wake: { everyMs: 3600e3, forMs: 300e3, jitterRatio: 0.1 },
    });
  });

  it('tell all their faults at once, with the names of a program', () => {
    const wrong = {
      fleet: 'acme',
      key: KEY,
      subscribe: [{ object: 'a' }, { ...FIRMWARE, run: [] }],
      wake: { everyMs: 1000, forMs: 2000 },
      once: 'yes',
      nonsense: 1,
    };
    const faults = (() => {
      try {
        return checkAgentOptions(wrong);
      } catch (error) {
        return (error as { faults: readonly { option: string }[] }).faults.map(({ option }) => option);
      }
    })();
    expect(faults).toEqual(['once', 'nonsense', 'subscribe.0.output', 'subscribe.1.run', 'wake.forMs']);
    expect(() => checkAgentOptions(undefined)).toThrow(/fleet.*\n.*key/s);
  });
});
