import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AddressList, isPrefix } from '../../dist/net/address-list.js';

it('a list has the addresses of its prefixes, however a socket writes them, and no others', () => {
  const list = new AddressList(['::1', 'fd00::/8', '192.0.2.0/24']);
  for (const address of ['::1', 'fd12::5', 'fd12::5%eth0', '192.0.2.7', '::ffff:192.0.2.7']) {
    expect(list.has(address), address).toBe(true);
  }
  for (const address of ['::2', 'fe80::1%eth0', '192.0.3.7', '::ffff:10.0.0.1', '', 'localhost', '192.0.2']) {
    expect(list.has(address), address).toBe(false);
  }
  expect(new AddressList([]).has('::1')).toBe(false);
});

it('only addresses and prefixes are entries, and whatever counts as one can be listed', () => {
  expect(['::1', '10.0.0.0/8', 'fd00::/128'].every(isPrefix)).toBe(true);
  expect(['', 'x', '::1/129', '10.0.0.0/33', 'fe80::1%eth0', '::/', 'fd00::/8/8', '10.0.0/8'].some(isPrefix)).toBe(
    false,
  );
  const text = fc.oneof(
    fc.string(),
    fc.ipV4Extended(),
    fc.ipV6(),
    fc.tuple(fc.ipV6(), fc.nat(200)).map((two) => two.join('/')),
  );
  fc.assert(fc.property(text, (one) => void (isPrefix(one) && new AddressList([one]))));
});
