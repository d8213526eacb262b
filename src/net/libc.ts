import { getSystemErrorName } from 'node:util';
import type { LibraryHandle } from 'koffi';

/** Functions of the C library that Node does not offer. Each throws an error with the system's errno name as `code`. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): void;
  bind(fd: number, address: Uint8Array): void;
  close(fd: number): void;
}

/** The part of koffi that is used here. Tests pass their own. */
export interface Koffi {
  load(path: string | null): Pick<LibraryHandle, 'func'>;
  errno(): number;
}

/** Null stands for the program itself with all libraries linked to it; the names are those of glibc, and of musl on each machine type. */
const LIBRARY_PATHS: readonly (string | null)[] = [
  null,
  'libc.so.6',
  'libc.so',
  ...['x86_64', 'aarch64', 'armhf', 'i386', 'riscv64', 'ppc64le', 's390x'].map(
    (machine) => `libc.musl-${machine}.so.1`,
  ),
];

/** What a file needs of a loaded library. */
export type Library = ReturnType<Koffi['load']>;

/** Finds the C library of this process; undefined where none of its names leads to one. */
export function findLibc(koffi: Koffi): Libc | undefined {
  return findIn(koffi, (library) => basicCalls(library, koffi));
}

/** The first library of those names in which `callsOf` finds its functions; undefined if there is none. */
export function findIn<Calls>(koffi: Koffi, callsOf: (library: Library) => Calls): Calls | undefined {
  for (const path of LIBRARY_PATHS) {
    try {
      return callsOf(koffi.load(path));
    } catch {
      // This system has no library of that name, or the library lacks some of the functions.
    }
  }
  return undefined;
}

/** The functions of `Libc` in a library. */
export function basicCalls(library: Library, koffi: Pick<Koffi, 'errno'>): Libc {
  const socket = library.func('int socket(int, int, int)');
  const setsockopt = library.func('int setsockopt(int, int, int, const void *, uint32)');
  const bind = library.func('int bind(int, const void *, uint32)');
  const close = library.func('int close(int)');
  const checked = checking(koffi);
  return {
    socket: (family, type, protocol) => checked('socket', socket(family, type, protocol)),
    setsockopt: (fd, level, name, value) => {
      checked('setsockopt', setsockopt(fd, level, name, value, value.length));
    },
    bind: (fd, address) => {
      checked('bind', bind(fd, address, address.length));
    },
    close: (fd) => {
      close(fd);
    },
  };
}

/** A function that throws an error with the system's errno name as `code` for a negative result of a call. */
export function checking(koffi: Pick<Koffi, 'errno'>): (call: string, result: number) => number {
  return (call, result) => {
    if (result < 0) throw systemError(call, koffi.errno());
    return result;
  };
}

function systemError(call: string, errno: number): Error {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${call} ${code}`), { code, errno: -errno, syscall: call });
}
