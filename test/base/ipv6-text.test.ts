import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfAddress, textOfAddress } from '../../dist/base/ipv6-text.js';

const ip6addr = createRequire(import.meta.url)('ip6addr');

describe('the text of an address', () => {
  it.each([
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['FF15:0:0:00ab::', 'ff15:0:0:ab::'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('of %s is %s (RFC 5952)', (written, text) => {
    expect(textOfAddress(bytesOfAddress(written))).toBe(text);
  });

  it('is what ip6addr writes and reads, of any address', () => {
    const field = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    const address = fc.array(field, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(address, (fields) => {
        const bytes = Uint8Array.from(fields.flatMap((one) => [one >> 8, one & 0xff]));
        const text = textOfAddress(bytes);
        expect(Uint8Array.from(bytesOfAddress(text))).toEqual(bytes);
        const long = { format: 'v6', zeroElide: false };
        expect(ip6addr.parse(text).toString(long)).toBe(fields.map((one) => one.toString(16)).join(':'));
        // ip6addr also writes `::` for a single zero field, which RFC 5952 forbids.
        if (/(?:^|:)0:0(?::|$)/.test(ip6addr.parse(text).toString(long))) {
          expect(ip6addr.parse(text).toString({ format: 'v6' })).toBe(text);
        }
      }),
    );
  });
});
