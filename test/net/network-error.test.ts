import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { type Attempt, meaningOf, networkError } from '../../dist/net/network-error.js';

const send: Attempt = { what: 'send to [ff15::1]:4242', port: 4242, interface: 'eth0' };
const join: Attempt = { what: 'join [ff15::1]:4242', port: 4242, interface: 'eth0' };

function systemError(code: string): Error {
  return Object.assign(new Error(`bind ${code}`), { code });
}

describe('the error for a socket that the system refused', () => {
  it.each([
    ['EADDRINUSE', /another program uses port 4242/, /ss -ulpn sport = :4242/],
    ['EADDRNOTAVAIL', /interface eth0 has no IPv6 address/, /another with the option interface/],
    ['ENODEV', /the interface or its source address is gone/, /another with the option interface/],
    ['ENETDOWN', /no route leads to multicast groups/, /Bring interface eth0 up/],
    ['ENETUNREACH', /no route leads to multicast groups/, /another with the option interface/],
    ['EPERM', /this host does not permit this traffic/, /firewall/],
    ['EACCES', /this host does not permit this traffic/, /firewall/],
    ['EMFILE', /this process has too many open files/, /LimitNOFILE/],
    ['ENFILE', /this host has too many open files/, /fs\.file-max/],
    ['ENOBUFS', /no memory left/, /net\.ipv6\.mld_max_msf/],
    ['ENOMEM', /no memory left/, /net\.core\.optmem_max/],
    ['EMSGSIZE', /larger than interface eth0 takes/, /symbolBytes/],
    ['EAFNOSUPPORT', /IPv6 turned off/, /disable_ipv6/],
    ['ENOPROTOOPT', /does not support this call/, /IPv6 multicast/],
    ['EINVAL', /does not accept this combination of group/, /scope/],
    ['EWEIRD', /the system refused/, /interface eth0 is up/],
  ])('says of %s what the errno means and what to do, alike for senders and memberships', (errno, meaning, hint) => {
    for (const attempt of [send, join]) {
      const error = networkError(attempt, systemError(errno));
      expect(error).toMatchObject({ code: 'NETWORK_UNAVAILABLE', cause: { code: errno } });
      expect(error.message).toMatch(
        new RegExp(`^cannot ${attempt.what.replace(/[[\]]/g, '\\$&')} on eth0: .*\\(${errno}\\)$`),
      );
      expect(error.message).toMatch(meaning);
      expect(error.hint).toMatch(hint);
      // The hint of the library names options, not flags.
      expect(error.hint).not.toContain('--');
    }
  });

  it.each([
    ['tentative', /fd00::1 is still tentative/, /carrier/],
    ['duplicate', /fd00::1 is also another host's/, /no other host/],
    ['usable', /fd00::1 is not an address of this host/, /fleet file/],
    [undefined, /fd00::1 is not an address of this host/, /fleet file/],
  ] as const)('says of a source that is %s why the source cannot be used', (sourceState, meaning, hint) => {
    const error = networkError({ ...send, source: 'fd00::1', sourceState }, systemError('EADDRNOTAVAIL'));
    expect(error.message).toMatch(meaning);
    expect(error.hint).toMatch(hint);
  });

  it('names the privilege that a low port needs, and source-specific multicast when such a join fails', () => {
    expect(networkError({ ...join, port: 42 }, systemError('EACCES')).hint).toContain('1024');
    expect(networkError({ ...join, isSourceSpecific: true }, systemError('ENOPROTOOPT')).hint).toContain('ssm: true');
  });

  it('gives a meaning for every failure of an open socket', () => {
    for (const failure of ['ENODEV', 'UNKNOWN_INTERFACE']) {
      expect(meaningOf(failure)).toBe('the interface or its source address is gone');
    }
    expect(meaningOf('EPERM')).toBe('this host does not permit this traffic');
    expect(meaningOf('NETWORK_UNAVAILABLE')).toBe('the system refused');
  });

  it('is the cause itself if that is a LayercastError, and a LayercastError in every other case', () => {
    const own = new LayercastError('UNKNOWN_INTERFACE', 'there is no interface "eth0"');
    expect(networkError(send, own)).toBe(own);
    for (const raw of [new TypeError('odd'), 'odd']) {
      expect(networkError({ ...send, interface: undefined }, raw)).toMatchObject({
        code: 'NETWORK_UNAVAILABLE',
        message: 'cannot send to [ff15::1]:4242 by the default route: the system refused (odd)',
      });
    }
  });
});
