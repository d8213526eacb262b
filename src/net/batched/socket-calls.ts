import { basicCalls, checking, findIn, type Koffi, type Libc } from '../libc.js';
import { SOCKET_ADDRESS_BYTES } from '../socket-address.js';

/** Functions of the C library that batched sockets need. Unless they say otherwise, they throw as those of `Libc` do. */
export interface SocketCalls extends Libc {
  /** Fills `value`. */
  getsockopt(fd: number, level: number, name: number, value: Uint8Array): void;
  connect(fd: number, address: Uint8Array): void;
  /** The struct sockaddr_in6 that a socket is bound to. */
  getsockname(fd: number): Uint8Array;
  /** Lets descriptor `to` stand for the same open file as `from`, and sets its flags. */
  dup3(from: number, to: number, flags: number): void;
  /** Never throws. @returns bytes sent, or a negative errno */
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  /** Never throws. @returns bytes sent, or a negative errno */
  sendto(fd: number, bytes: Uint8Array, flags: number, address: Uint8Array): number;
  /** Never throws. @param headers `count` of struct mmsghdr @returns datagrams sent, or a negative errno */
  sendmmsg(fd: number, headers: Uint8Array, count: number, flags: number): number;
  /** Never throws. @param headers `count` of struct mmsghdr @returns messages received, or a negative errno */
  recvmmsg(fd: number, headers: Uint8Array, count: number, flags: number): number;
  /**
   * Fills in which descriptors are ready. Never throws.
   *
   * @param states `count` of struct pollfd
   * @returns descriptors that are ready, or negative on failure
   */
  poll(states: Int16Array, count: number, waitMs: number): number;
  /** Fills in seconds and nanoseconds as two numbers of C's type long. Never throws. @returns negative on failure */
  clockGettime(clock: number, into: Uint8Array): number;
}

/** Finds the C library of this process; undefined where it lacks a function, or none of its names leads to one. */
export function findSocketCalls(koffi: Koffi): SocketCalls | undefined {
  return findIn(koffi, (library) => {
    const getsockopt = library.func('int getsockopt(int, int, int, void *, void *)');
    const connect = library.func('int connect(int, const void *, uint32)');
    const getsockname = library.func('int getsockname(int, void *, void *)');
    const dup3 = library.func('int dup3(int, int, int)');
    const send = library.func('intptr_t send(int, const void *, size_t, int)');
    const sendto = library.func('intptr_t sendto(int, const void *, size_t, int, const void *, uint32)');
    const sendmmsg = library.func('int sendmmsg(int, void *, unsigned int, int)');
    // The last argument is a time limit, which these calls do not use.
    const recvmmsg = library.func('int recvmmsg(int, void *, unsigned int, int, void *)');
    const poll = library.func('int poll(void *, unsigned long, int)');
    const clockGettime = library.func('int clock_gettime(int, void *)');
    const checked = checking(koffi);
    /** koffi reads errno with a call of its own, so only after a failure. */
    const orErrno = (result: number) => (result < 0 ? -koffi.errno() : result);
    return {
      ...basicCalls(library, koffi),
      getsockopt: (fd, level, name, value) => {
        checked('getsockopt', getsockopt(fd, level, name, value, lengthOf(value)));
      },
      connect: (fd, address) => {
        checked('connect', connect(fd, address, address.length));
      },
      getsockname: (fd) => {
        const address = new Uint8Array(SOCKET_ADDRESS_BYTES);
        checked('getsockname', getsockname(fd, address, lengthOf(address)));
        return address;
      },
      dup3: (from, to, flags) => {
        checked('dup3', dup3(from, to, flags));
      },
      send: (fd, bytes, length, flags) => orErrno(send(fd, bytes, length, flags)),
      sendto: (fd, bytes, flags, address) => orErrno(sendto(fd, bytes, bytes.length, flags, address, address.length)),
      sendmmsg: (fd, headers, count, flags) => orErrno(sendmmsg(fd, headers, count, flags)),
      recvmmsg: (fd, headers, count, flags) => orErrno(recvmmsg(fd, headers, count, flags, null)),
      poll: (states, count, waitMs) => poll(states, count, waitMs),
      clockGettime: (clock, into) => clockGettime(clock, into),
    };
  });
}

/** A socklen_t that the system reads and writes. */
function lengthOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(Uint32Array.of(bytes.length).buffer);
}
