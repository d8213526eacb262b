import { expect, it } from 'vitest';
import { fileKindOf } from '../../dist/cli/file-kind.js';
import { parseManagerFile } from '../../dist/options/manager-file.js';

it('a manager file has its settings in the units of the library, and paths from its folder', () => {
  const text = `coap: "[::]:5683"
allow: ["fd00::/8", "192.0.2.1"]
tokens: tokens
devices: 7
reachableFor: 1h
tls: { certificate: a.pem, key: /b.pem, clients: ca.pem, names: [operator] }
`;
  expect(parseManagerFile(text, '/etc/lc/m.yaml')).toMatchObject({
    coap: '[::]:5683',
    allow: ['fd00::/8', '192.0.2.1'],
    tokens: '/etc/lc/tokens',
    deviceCount: 7,
    reachableMs: 3_600_000,
    tls: { certificate: '/etc/lc/a.pem', key: '/b.pem', clients: '/etc/lc/ca.pem', names: ['operator'] },
  });
  expect(fileKindOf(text)).toBe('manager');
});

it.each([
  ['devices: 0\n', /m\.yaml:1:10: devices: /],
  ['listen: "8090"\nallow: ["fd00::/129"]\n', /m\.yaml:2:9: allow\.0: neither an address nor a prefix/],
  ['allow: []\n', /allow: no addresses/],
  ['tls: { key: a.pem }\n', /tls\.certificate: missing/],
  [
    'tls: { certificate: a, key: b, names: [x] }\n',
    /1:39: tls\.names: no certificate can be checked, missing: clients/,
  ],
  ['objects: [firmware]\n', /unknown|no such setting/],
])('a manager file %j is refused', (text, fault) => {
  expect(() => parseManagerFile(text, 'm.yaml')).toThrow(fault);
});
