import type { Libc } from '../libc.js';
import { SO_RCVBUF, SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE, SOL_SOCKET } from '../socket-numbers.js';
import type { SocketCalls } from './socket-calls.js';

/** @throws {Error} with the system's errno name as `code` when the system refuses */
export function set(calls: Pick<Libc, 'setsockopt'>, fd: number, level: number, name: number, value: number): void {
  calls.setsockopt(fd, level, name, new Uint8Array(Int32Array.of(value).buffer));
}

/** Whether the system took the option. */
export function trySet(
  calls: Pick<Libc, 'setsockopt'>,
  fd: number,
  level: number,
  name: number,
  value: number,
): boolean {
  try {
    set(calls, fd, level, name, value);
    return true;
  } catch {
    return false;
  }
}

/** Asks for a receive buffer of this size; without the right to exceed the limit of the system, that limit. */
export function setReceiveBuffer(calls: SocketCalls, fd: number, bytes: number): void {
  if (!trySet(calls, fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes)) trySet(calls, fd, SOL_SOCKET, SO_RCVBUF, bytes);
}

/** As `setReceiveBuffer`, for datagrams on their way out. */
export function setSendBuffer(calls: SocketCalls, fd: number, bytes: number): void {
  if (!trySet(calls, fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes)) trySet(calls, fd, SOL_SOCKET, SO_SNDBUF, bytes);
}

/** Kernel memory that the system granted for a receive buffer: twice what was asked for, because its own memory counts. */
export function receiveBufferOf(calls: SocketCalls, fd: number): number {
  return numberOf(calls, fd, SO_RCVBUF);
}

/** The same for a send buffer. */
export function sendBufferOf(calls: SocketCalls, fd: number): number {
  return numberOf(calls, fd, SO_SNDBUF);
}

function numberOf(calls: SocketCalls, fd: number, name: number): number {
  const value = new Int32Array(1);
  calls.getsockopt(fd, SOL_SOCKET, name, new Uint8Array(value.buffer));
  return value[0]!;
}
