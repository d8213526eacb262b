import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { type BatchKoffi, findBatchSystem } from '../../../dist/net/batched/batch-system.js';

const load = (): BatchKoffi => createRequire(import.meta.url)('koffi');

/** koffi on a system where one function of the C library gives this result. */
function koffiWhere(name: string, result: (...args: unknown[]) => number | undefined, errno: number): BatchKoffi {
  const koffi = load();
  let isOwn = false;
  return {
    ...koffi,
    errno: () => (isOwn ? errno : koffi.errno()),
    load: (path) => {
      const library = koffi.load(path);
      const func = (definition: string) => {
        const real = library.func(definition);
        if (!definition.includes(` ${name}(`)) return real;
        return (...args: unknown[]) => {
          const own = result(...args);
          isOwn = own !== undefined;
          return own ?? real(...args);
        };
      };
      return { func: func as unknown as typeof library.func };
    },
  };
}

describe('batches', () => {
  it.each([
    ['the system is not Linux', load, 'darwin', /this system is darwin/],
    [
      'koffi is missing',
      () => {
        throw new Error('Cannot find module');
      },
      'linux',
      /koffi is not installed/,
    ],
    ['no C library has a known name', () => koffiWithout(), 'linux', /C library .* not found/],
  ])('are not used when %s, and the reason says so', (_, loadKoffi, platform, why) => {
    expect(findBatchSystem(loadKoffi, platform)).toEqual({ why: expect.stringMatching(why) });
  });

  it.runIf(process.platform === 'linux')(
    'are not used where the system refuses recvmmsg (a container’s filter)',
    () => {
      const EPERM = 1;
      const found = findBatchSystem(() => koffiWhere('recvmmsg', () => -1, EPERM));
      expect(found).toEqual({ why: expect.stringContaining('refuses') });
    },
  );

  it.runIf(process.platform === 'linux').each([
    ['canSegment', 103],
    ['canCoalesce', 104],
    ['hasTimes', 35],
    ['hasDrops', 40],
  ])('go without %s where the kernel does not know the option', (feature, option) => {
    const ENOPROTOOPT = 92;
    const found = findBatchSystem(() =>
      koffiWhere('setsockopt', (_fd, _level, name) => (name === option ? -1 : undefined), ENOPROTOOPT),
    );
    expect(found).toMatchObject({ features: { [feature]: false } });
    const features = 'features' in found ? Object.values(found.features) : [];
    expect(features.filter((has) => !has)).toHaveLength(1);
  });
});

function koffiWithout(): BatchKoffi {
  return {
    ...load(),
    load: () => {
      throw new Error('Failed to load shared library');
    },
  };
}
