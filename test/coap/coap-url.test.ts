import { expect, test } from 'vitest';
import { parseCoapUrl } from '../../dist/coap/coap-url.js';

test.each([
  ['coap://[fd00::1]', { host: 'fd00::1', port: 5683, path: [], query: [] }],
  [
    'coap://gw.example:61616/fw/maps%2Fnorth/bin?a=1&b',
    { host: 'gw.example', port: 61_616, path: ['fw', 'maps/north', 'bin'], query: ['a=1', 'b'] },
  ],
  ['COAP://192.0.2.1/', { host: '192.0.2.1', port: 5683, path: [], query: [] }],
] as const)('%s names its parts', (url, target) => {
  expect(parseCoapUrl(url)).toEqual(target);
});

test.each([
  'coaps://x',
  'http://x',
  'coap:x',
  'coap://',
  'coap://x#y',
  'coap://u:p@x',
  'coap://x/%ff',
  'coap://x:99999',
  'x',
])('%s is no URL that can be asked for', (url) => expect(parseCoapUrl(url)).toBeUndefined());
