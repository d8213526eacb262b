import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findLibc, type Koffi, type Libc } from '../../../dist/net/libc.js';
import { libcFor, markedSocket, openMarked } from '../../../dist/net/portable/marked-socket.js';

/** A koffi that finds libraries of these names only. */
function koffiWith(names: readonly (string | null)[], tried: (string | null)[] = []): Koffi {
  const func = (() => () => -1) as unknown as ReturnType<Koffi['load']>['func'];
  return {
    errno: () => 24,
    load(path) {
      tried.push(path);
      if (!names.includes(path)) throw new Error(`Failed to load shared library: ${path}`);
      return { func };
    },
  };
}

describe('the C library for marked sockets', () => {
  it.each([null, 'libc.so.6', 'libc.musl-x86_64.so.1'])('is found under the name %s', (name) => {
    const tried: (string | null)[] = [];
    expect(findLibc(koffiWith([name], tried))).toBeDefined();
    expect(tried.at(-1)).toBe(name);
  });

  it.each([
    ['no C library has a known name', 'linux', async () => koffiWith([]), /C library .* not found/],
    ['koffi is missing', 'linux', () => Promise.reject(new Error('Cannot find package')), /koffi is not installed/],
    ['the system is not Linux', 'darwin', async () => koffiWith([null]), /this system is darwin/],
  ])('when %s, the error is ours and says so', async (_, platform, importKoffi, message) => {
    await expect(libcFor(8, importKoffi, platform)).rejects.toMatchObject({
      name: 'LayercastError',
      code: 'NETWORK_UNAVAILABLE',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('dscp'),
    });
  });

  it('throws an error with the errno’s name when the system refuses a call', () => {
    expect(() => findLibc(koffiWith([null]))?.socket(10, 2, 0)).toThrow(expect.objectContaining({ code: 'EMFILE' }));
  });
});

describe('a marked socket that cannot be made', () => {
  it.each(['setsockopt', 'bind'] as const)('closes its descriptor when %s fails', (failing) => {
    const closed: number[] = [];
    const works: Libc = {
      socket: () => 77,
      setsockopt: () => undefined,
      bind: () => undefined,
      close: (fd) => void closed.push(fd),
    };
    const fails = () => {
      throw Object.assign(new Error(failing), { code: 'EADDRNOTAVAIL' });
    };
    const at = { address: 'fd00::1', scopeId: 0 };
    expect(() => openMarked({ ...works, [failing]: fails }, 8, at)).toThrow(failing);
    expect(closed).toEqual([77]);
  });

  it('closes its descriptor when Node does not take it over', () => {
    const closed: number[] = [];
    const works = { socket: () => 2 ** 20, setsockopt: () => undefined, bind: () => undefined };
    expect(() => openMarked({ ...works, close: (fd) => void closed.push(fd) }, 8, undefined)).toThrow();
    expect(closed).toEqual([2 ** 20]);
  });

  it.runIf(process.platform === 'linux')('leaks nothing, however often its source address is missing', async () => {
    await expect(markedSocket(8, { address: '2001:db8::77', scopeId: 0 })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
    });
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 50; i++) {
      await markedSocket(8, { address: '2001:db8::77', scopeId: 0 }).catch(() => undefined);
      const socket = await markedSocket(8, { address: '::1', scopeId: 0 });
      await new Promise<void>((resolve) => socket.close(resolve));
    }
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
