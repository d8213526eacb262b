import { expect, it } from 'vitest';
import { mayOpenRaw } from '../../../dist/doctor/facts/hearing-facts.js';

it('finds CAP_NET_RAW among the effective capabilities, and none in a text without them', () => {
  const status = (digits: string) => `Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t${digits}\nSeccomp:\t0\n`;
  expect(
    ['0000000000002000', '000001ffffffffff', '0000000000001fff', '0000000000000000'].map(status).map(mayOpenRaw),
  ).toEqual([true, true, false, false]);
  expect(mayOpenRaw('Name:\tnode\n')).toBeUndefined();
});
