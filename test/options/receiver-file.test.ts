import { describe, expect, it } from 'vitest';
import { fileKindOf } from '../../dist/cli/file-kind.js';
import { parseReceiverFile } from '../../dist/options/receiver-file.js';

describe('a receiver file', () => {
  it('has each setting where it says so, with paths from its folder', () => {
    const text = `key: acme.pub
interface: eth0
scope: link
port: 5000
hash: blake3
state: state
mode: best
channels: [0, 3]
maxRate: 20Mbit
caution: low
timeout: 10min
patience: 45s
output: ../firmware.img
`;
    expect(parseReceiverFile(text, '/etc/layercast/r.yaml')).toEqual({
      key: '/etc/layercast/acme.pub',
      interface: 'eth0',
      scope: 'link',
      port: 5000,
      hash: 'blake3',
      stateDir: '/etc/layercast/state',
      mode: 'best',
      channels: [0, 3],
      maxRateBitsPerSecond: 20e6,
      caution: 'low',
      timeoutMs: 600e3,
      patienceMs: 45e3,
      output: '/etc/firmware.img',
    });
  });

  it.each([
    ['"-"', '-'],
    ['./-', '/etc/layercast/-'],
    ['sub/', '/etc/layercast/sub/'],
    ['/var/x/', '/var/x/'],
  ])('keeps what an output of %s means', (text, output) => {
    expect(parseReceiverFile(`output: ${text}\n`, '/etc/layercast/r.yaml')).toMatchObject({ output });
  });

  it('may say nothing about anything', () => {
    expect(Object.values(parseReceiverFile('key:\n', 'r')).every((value) => value === undefined)).toBe(true);
  });

  it('tells all its faults with their places', () => {
    const text = 'mode: most\nchannels: [0, 32]\nmaxrate: 1Mbit\ntimeout: 5\n';
    expect(() => parseReceiverFile(text, 'r.yaml')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: [
          'r.yaml:1:7: mode: not one of the choices, found "most", allowed: auto, best or several',
          'r.yaml:2:15: channels.1: not a number in range, found 32, allowed: a whole number from 0 to 31',
          'r.yaml:3:1: maxrate: unknown setting, found "maxrate", allowed: key, contentKey, output, interface, domain, mode, channels, compatible, seed, fill, fillAfter, fillRate, maxRate, caution, timeout, patience, scope, port, hash or state (did you mean maxRate?)',
          'r.yaml:4:10: timeout: not a time, found 5, allowed: a number and us, ms, s, min, h or d, such as 5ms, from 1 ms to 365 d',
        ].join('\n'),
      }),
    );
  });

  it.each([
    ['key: k\nmaxRate: 1Mbit\n', 'receiver'],
    ['key: k\nfleet: f\n', 'fleet'],
    ['objects: {}\n', 'fleet'],
    ['nothing: known\n', 'fleet'],
    ['', 'fleet'],
    ['[', 'fleet'],
  ])('%j is taken for a %s file', (text, kind) => {
    expect(fileKindOf(text)).toBe(kind);
  });
});
