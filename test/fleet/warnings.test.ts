import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { limited, warningsOf } from '../../dist/fleet/warnings.js';

const FLEET = 'fleet: f\nobjects:\n  a: { file: a.img, version: 1, channels: [{ rate: 1Mbit }] }\n';

describe('warnings about the settings of a fleet', () => {
  it.each([
    ['announcements that receivers wait for in vain', 'announceInterval: 11s', 'ANNOUNCE_INTERVAL', 'announceInterval'],
    ['bursts that look like a queue', 'burst: 21ms', 'BURST', 'burst'],
    [
      'bursts of one object that look like a queue',
      '  b: { file: b, version: 1, burst: 21ms, channels: [{ rate: 1Mbit }] }',
      'BURST',
      'objects.b',
    ],
    ['a hop limit that keeps all on this host', 'hopLimit: 0', 'HOP_LIMIT', 'hopLimit'],
    [
      'two objects of one file',
      '  b: { file: ./a.img, version: 1, ladder: { from: 1Mbit, to: 2Mbit } }',
      'SAME_FILE',
      'objects.b.file',
    ],
    [
      'an object that expires at once',
      '  b: { file: b, version: 1, expires: 59min, channels: [{ rate: 1Mbit }] }',
      'EXPIRES_SOON',
      'objects.b.expires',
    ],
    [
      'two servers of one address',
      'servers: { x: { address: "fd00::1" }, y: { address: "fd00:0::1" } }',
      'SAME_ADDRESS',
      'servers.y.address',
    ],
  ])('tell of %s', (_, line, code, path) => {
    const warnings = warningsOf(parseFleet(`${FLEET}${line}\n`, 'f.yaml'));
    expect(warnings.map((warning) => [warning.code, warning.path.join('.')])).toEqual([[code, path]]);
    expect(warnings[0]!.message).not.toMatch(/undefined|NaN/);
  });

  it('tell of a server that has to send more bursts than a thread can', () => {
    const objects = (rate: string, burst: string) =>
      Array.from({ length: 32 }, (_, i) => {
        const channels = Array.from({ length: 30 }, () => `{ rate: ${rate} }`).join(', ');
        return `  o${i}: { file: f${i}, version: 1, burst: ${burst}, channels: [${channels}] }\n`;
      }).join('');
    const of = (rate: string, burst = '1ms', more = '') =>
      warningsOf(parseFleet(`fleet: f\nobjects:\n${objects(rate, burst)}${more}`, 'f.yaml'));
    const [tooMany, ...others] = of('0.6Mbit');
    expect(others).toEqual([]);
    expect(tooMany).toMatchObject({ code: 'SEND_CALLS', path: ['burst'] });
    expect(tooMany!.message).toMatch(/^its 960 channels need 56250 bursts .* divide the objects/);
    expect(of('0.4Mbit')).toEqual([]);
    // At 10.24 Mbit/s, 20 ms are 20 datagrams: 48,000 bursts.
    expect(of('10.24Mbit').map(({ message }) => message)).toEqual([expect.stringContaining('"burst", up to 20 ms')]);
    expect(of('10.24Mbit', '20ms')).toEqual([]);
    // Each of two servers is judged by its own channels.
    const servers = `servers: { x: { objects: [${Array.from({ length: 16 }, (_, i) => `o${i}`).join(', ')}] }, y: {} }\n`;
    expect(of('0.6Mbit', '1ms', servers).map(({ path }) => path)).toEqual([['servers', 'y']]);
  });

  it.each([
    '',
    'announceInterval: 10s',
    'burst: 20ms',
    'scope: interface\nhopLimit: 0',
    '  b: { file: b, version: 1, expires: 1h, channels: [{ rate: 1Mbit }] }',
  ])('say nothing of %j', (line) => {
    expect(warningsOf(parseFleet(`${FLEET}${line}\n`, 'f.yaml'))).toEqual([]);
  });

  it('of one kind are shown ten times, and counted from there', () => {
    const many = Array.from(
      { length: 14 },
      (_, i) => ({ code: 'FILE', path: ['objects', `${i}`], message: 'x' }) as const,
    );
    const shown = limited([...many, { code: 'MTU', path: [], message: 'y' }]);
    expect(shown).toHaveLength(12);
    expect(shown.at(-1)).toEqual({ code: 'FILE', path: [], message: '4 more of the kind FILE' });
  });
});
