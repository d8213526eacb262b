import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressFromBytes,
  addressToBytes,
  announcementName,
  channelName,
  DIRECTORY_NAME,
  groupOf,
  isMulticast,
  parseAddress,
  parseGroup,
} from '../../dist/wire/address.js';
import { SCOPES } from '../../dist/wire/group-options.js';

const sixteenBytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Addresses with many zero fields, where the rules of `::` matter. */
const sparseBytes = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0xabcd, 0x00f0), { minLength: 8, maxLength: 8 })
  .map((fields) => Uint8Array.from(fields.flatMap((field) => [field >> 8, field & 0xff])));

describe('the group of a name', () => {
  it('is the name hashed with SHA3-512 behind the scope', () => {
    expect(groupOf('example.com', { scope: 'global', hash: 'sha3-512', ssm: false })).toBe(
      'ff1e:873e:378f:f6a5:a1f6:fa49:95f1:faf',
    );
  });

  it('is the one that Librecast finds, with BLAKE3', () => {
    expect(groupOf('example.com', { scope: 'global', hash: 'blake3', ssm: false })).toBe(
      'ff1e:740d:6e6f:efbd:2c22:da0f:9126:91bf',
    );
  });

  it.each([
    ['interface', 'ff11:'],
    ['link', 'ff12:'],
    ['admin', 'ff14:'],
    ['site', 'ff15:'],
    ['organization', 'ff18:'],
    ['global', 'ff1e:'],
  ] as const)('begins in scope %s with %s', (scope, prefix) => {
    expect(groupOf('x', { scope, hash: 'sha3-512', ssm: false }).slice(0, 5)).toBe(prefix);
  });

  it('takes the top bit of the id when source-specific, for ids that hosts may choose', () => {
    expect(groupOf('example.com', { scope: 'site', hash: 'sha3-512', ssm: true })).toBe('ff35::873e:378f');
    expect(groupOf('example.com', { scope: 'site', hash: 'blake3', ssm: true })).toBe('ff35::f40d:6e6f');
  });

  it('passes its own checks, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...SCOPES), fc.boolean(), (name, scope, ssm) => {
        for (const hash of ['sha3-512', 'blake3'] as const) {
          const group = groupOf(name, { scope, hash, ssm });
          expect(parseGroup(group, { ssm })).toBe(group);
          if (ssm) expect(addressToBytes(group)[12]).toBeGreaterThanOrEqual(0x80);
        }
      }),
    );
  });
});

describe('names', () => {
  it('never collide between channels, announcements and the directory', () => {
    const names = [
      channelName('layercast', 'acme', 0),
      channelName('acme', 'a', 1),
      channelName('acme', 'a/1', 1),
      channelName('acme', 'a', 11),
      announcementName('acme'),
      announcementName('layercast'),
      DIRECTORY_NAME,
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(channelName('acme', 'a/1', 0)).toBe('acme/a/1/0');
  });
});

describe('an explicit group', () => {
  it('comes out in canonical text', () => {
    expect(parseGroup('FF15:0:0:0:0:0:0:0042', { ssm: false })).toBe('ff15::42');
    expect(parseGroup('ff35:0::8000:1', { ssm: true })).toBe('ff35::8000:1');
  });

  it.each([
    ['fd00::1', false, '"fd00::1" is not a multicast address', /ff00::\/8/],
    ['fd00::1', true, '"fd00::1" is not a multicast address', /ff3x::\/96/],
    ['ff35::8000:1', false, 'source-specific group, but the fleet is any-source', /ssm: true/],
    ['ff15::42', true, '"ff15::42" is not a source-specific group', /ff3x::\/96/],
    ['ff35:0:1::42', true, 'is not a source-specific group', /ff3x::\/96/],
    ['239.1.2.3', false, '"239.1.2.3" is not an IPv6 address', /such as/],
    ['ff02::1%eth0', false, '"ff02::1%eth0" is not an IPv6 address', /without zone/],
  ])('%s with ssm %s is refused, saying what is allowed', (text, ssm, message, hint) => {
    expect(() => parseGroup(text, { ssm })).toThrow(
      expect.objectContaining({
        code: 'ADDRESS_INVALID',
        message: expect.stringContaining(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });

  it('may use a prefix-based group outside ff3x::/32 in an any-source fleet', () => {
    expect(parseGroup('ff35:40:2001:db8::1', { ssm: false })).toBe('ff35:40:2001:db8::1');
  });
});

describe('addresses', () => {
  it.each([
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['1::2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['0:0:1:0:0:0:1:0', '0:0:1::1:0'],
    ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['FD00:0001::00A1', 'fd00:1::a1'],
  ])('%s is %s in canonical text', (text, canonical) => {
    expect(parseAddress(text)).toBe(canonical);
  });

  it.each(['', ':', '::ffff:1.2.3.4', '::ffff:102:304', '1.2.3.4', '42', '1:2:3:4::5:6:7:8', '00001::', ' ::1', 'g::'])(
    'refuses %j',
    (text) => {
      expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }));
    },
  );

  it('become bytes and text again as in another implementation', () => {
    fc.assert(
      fc.property(fc.oneof(sixteenBytes, sparseBytes), (bytes) => {
        const text = addressFromBytes(bytes);
        expect(Uint8Array.from(addressToBytes(text))).toEqual(bytes);
        // URL parsing follows the same rules of `::` and knows IPv4-mapped addresses as hexadecimal.
        expect(new URL(`http://[${text}]`).hostname).toBe(`[${text}]`);
        expect(isMulticast(text)).toBe(bytes[0] === 0xff);
      }),
      { numRuns: 1000 },
    );
  });

  it('are accepted and refused as in Node, apart from IPv4 forms', () => {
    const text = fc.string({ unit: fc.constantFrom(':', ':', '::', '0', 'f', '1', '12345', 'g'), maxLength: 16 });
    fc.assert(
      fc.property(text, (candidate) => {
        let taken = true;
        try {
          parseAddress(candidate);
        } catch {
          taken = false;
        }
        if (!candidate.toLowerCase().includes('ffff'))
          expect([candidate, taken]).toEqual([candidate, isIPv6(candidate)]);
      }),
      { numRuns: 5000 },
    );
  });

  it('of another length than 16 bytes are a mistake of the program', () => {
    expect(() => addressFromBytes(new Uint8Array(15))).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});
