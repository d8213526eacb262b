import { expect, it } from 'vitest';
import { fileKindOf } from '../../dist/cli/file-kind.js';
import { parseGatewayFile } from '../../dist/options/gateway-file.js';

const least = 'fleet: acme\nkey: acme.pub\nobjects: [firmware]\n';

it('a gateway file has its settings in the units of the library, paths from its folder, and each object once', () => {
  const more = 'folder: kept\nlisten: "[::]:80"\nclients: 9\nwaitFor: 2s\nfill: ["https://a.example/{object}"]\n';
  const file = parseGatewayFile(`${least.replace('[firmware]', '[a, "b/*", a]')}${more}`, '/etc/lc/g.yaml');
  expect(file).toMatchObject({
    fleet: 'acme',
    key: '/etc/lc/acme.pub',
    objects: ['a', 'b/*'],
    folder: '/etc/lc/kept',
    listen: '[::]:80',
    clientCount: 9,
    waitMs: 2000,
    fill: ['https://a.example/{object}'],
  });
});

it.each([
  ['fleet: acme\nkey: acme.pub\n', /objects: missing/],
  [`${least}subscribe: []\n`, /no such setting|unknown/],
  [`${least}clients: 0\n`, /clients: /],
  [`${least}fill: ["https://a.example/{version}"]\n`, /fill\.0: nothing to fill in, found "\{version\}"/],
  [least.replace('[firmware]', '[]'), /objects: no objects/],
])('a gateway file %j is refused', (text, fault) => {
  expect(() => parseGatewayFile(text, 'g.yaml')).toThrow(fault);
});

it('a gateway file is known by its list of objects, or by settings that no other file has', () => {
  expect(fileKindOf(least)).toBe('gateway');
  expect(fileKindOf('fleet: acme\nlisten: "8080"\n')).toBe('gateway');
  expect(fileKindOf('fleet: acme\nobjects: { a: { file: a } }\n')).toBe('fleet');
});
