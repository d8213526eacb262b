import { expect, test } from 'vitest';
import { filterLinks, formatLinks, parseLinks } from '../../dist/coap/links.js';
import { Prng } from '../../dist/simulate/random/prng.js';

test('links are written and read as in RFC 6690', () => {
  const links = [
    { target: '/sensors', attributes: { ct: '40', title: 'Sensor "Index", all' } },
    { target: '/fw/firmware', attributes: { rt: 'layercast.object other', obs: true } },
  ] as const;
  const text = formatLinks(links);
  expect(text).toBe('</sensors>;ct=40;title="Sensor \\"Index\\", all",</fw/firmware>;rt="layercast.object other";obs');
  expect(parseLinks(text)).toEqual(links);
  expect(parseLinks('<coap://[::1]/a>;if=x , </b>')).toEqual([
    { target: 'coap://[::1]/a', attributes: { if: 'x' } },
    { target: '/b', attributes: {} },
  ]);
  expect(parseLinks('')).toEqual([]);
});

test('text of another form is no list of links, and takes no long time', () => {
  for (const text of ['</a', 'a', '</a>,', '</a>;', '</a> </b>', '</a>;x="', ',']) {
    expect(parseLinks(text), text).toBeUndefined();
  }
  const hostile = `</a>${';a'.repeat(50_000)}`;
  expect(parseLinks(hostile)).toBeUndefined();
  expect(parseLinks(`${'</a>,'.repeat(2000)}</a>`)).toBeUndefined();
  const prng = new Prng('links');
  const signs = '<>;,="\\ ax/';
  for (let i = 0; i < 3000; i++) {
    const made = Array.from({ length: prng.below(30) }, () => signs[prng.below(signs.length)]).join('');
    const links = parseLinks(made);
    if (links !== undefined) expect(parseLinks(formatLinks(links))).toEqual(links);
  }
});

test('a query asks for links by their attributes', () => {
  const links = parseLinks('</a>;rt="x y";obs,</b>;rt="z.1",</c>')!;
  const asked = (query: string) => filterLinks(links, [query]).map(({ target }) => target);
  expect(asked('rt=x')).toEqual(['/a']);
  expect(asked('rt=y')).toEqual(['/a']);
  expect(asked('rt=z*')).toEqual(['/b']);
  expect(asked('href=/c')).toEqual(['/c']);
  expect(asked('nonsense')).toEqual(['/a', '/b', '/c']);
});
