import { closeSync, openSync } from 'node:fs';
import { AF_INET6 } from '../socket-address.js';
import { O_CLOEXEC, O_PATH, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from '../socket-numbers.js';
import type { SocketCalls } from './socket-calls.js';

/**
 * Opens a socket, of UDP unless told otherwise. Its descriptor takes the place of one that Node opened: so Node closes it when a worker thread is terminated,
 * which leaves no other code time to close anything.
 */
export function openDescriptor(
  calls: Pick<SocketCalls, 'socket' | 'dup3' | 'close'>,
  family: number = AF_INET6,
): number {
  const socket = calls.socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  try {
    const fd = openSync('/', O_PATH);
    try {
      calls.dup3(socket, fd, O_CLOEXEC);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  } finally {
    calls.close(socket);
  }
}

export function closeDescriptor(fd: number): void {
  closeSync(fd);
}
