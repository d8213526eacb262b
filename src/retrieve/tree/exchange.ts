import { createRequire } from 'node:module';
import { checking, findIn, type Koffi } from '../../net/libc.js';

/** From fcntl.h and linux/fs.h: relative to the working directory; two names change places in one step. */
const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

/** Lets two names change places in one step. @throws an error with an errno name as `code`, for example EINVAL where a file system cannot */
export type Exchange = (one: string, other: string) => void;

let found: Exchange | undefined | null = null;

/** `renameat2` of this system (Linux with glibc 2.28 or musl 1.2.6, and koffi); undefined where it is missing. */
export function findExchange(
  loadKoffi: () => Koffi = () => createRequire(import.meta.url)('koffi') as Koffi,
): Exchange | undefined {
  if (found === null) found = process.platform === 'linux' ? exchangeOf(loadKoffi) : undefined;
  return found;
}

function exchangeOf(loadKoffi: () => Koffi): Exchange | undefined {
  try {
    const koffi = loadKoffi();
    const checked = checking(koffi);
    return findIn(koffi, (library): Exchange => {
      const renameat2 = library.func('int renameat2(int, const char *, int, const char *, unsigned int)');
      return (one, other) => {
        checked('renameat2', renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE));
      };
    });
  } catch {
    return undefined;
  }
}
