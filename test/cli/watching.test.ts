import { expect, it, vi } from 'vitest';
import { addressOf, watching } from '../../dist/cli/watching.js';

it.each([
  ['9464', '127.0.0.1', 9464],
  ['0.0.0.0:80', '0.0.0.0', 80],
  ['[::]:9464', '::', 9464],
  ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
  ['host.example:65535', 'host.example', 65535],
])('takes %s for host %s and port %i', (text, host, port) => {
  expect(addressOf(text)).toEqual({ host, port });
});

it.each(['', 'x', '65536', ':9464', '::1', '::1:9464', 'a b:1', '-1', '1e3', '[::]', 'http://x:1'])(
  'refuses %j with what is allowed',
  (text) => {
    expect(() => addressOf(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('[::]:9464') }),
    );
  },
);

it('says where people can look, unless it is to be quiet', async () => {
  const say = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    for (const quiet of [true, false]) {
      const watched = await watching({ metrics: '0', quiet }, async () => ({
        figures: { metrics: [], fault: undefined },
        view: { kind: 'receiver' } as never,
      }));
      await using _ = await watched!.show();
      expect(say).toHaveBeenCalledTimes(quiet ? 0 : 1);
    }
  } finally {
    say.mockRestore();
  }
});
