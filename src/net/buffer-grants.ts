import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeDescriptor, openDescriptor } from './batched/descriptor.js';
import { RECEIVE_BUFFER_BYTES as BATCHED_BYTES } from './batched/group-socket.js';
import { receiveBufferOf, sendBufferOf, setReceiveBuffer, setSendBuffer } from './batched/socket-options.js';
import { RECEIVE_BUFFER_BYTES } from './portable/udp-membership.js';
import { SEND_BUFFER_BYTES } from './send-buffer.js';
import { systemFor } from './system-network.js';

/** A size that this program asks for, and what the system gives. Both without what the kernel takes for itself. */
export interface BufferGrant {
  readonly askedBytes: number;
  readonly grantedBytes: number;
}

export interface BufferGrants {
  readonly receive: BufferGrant;
  readonly send: BufferGrant;
}

/**
 * The socket buffers that this process gets, as the port that it uses asks for them. Opens a socket for a moment.
 *
 * @throws {Error} when the system has no IPv6 sockets
 */
export async function bufferGrants(): Promise<BufferGrants> {
  const system = systemFor(process.env);
  if ('why' in system) return await portableGrants();
  const { calls } = system;
  const fd = openDescriptor(calls);
  try {
    setReceiveBuffer(calls, fd, BATCHED_BYTES);
    setSendBuffer(calls, fd, SEND_BUFFER_BYTES);
    return {
      receive: { askedBytes: BATCHED_BYTES, grantedBytes: receiveBufferOf(calls, fd) / KERNEL_FACTOR },
      send: { askedBytes: SEND_BUFFER_BYTES, grantedBytes: sendBufferOf(calls, fd) / KERNEL_FACTOR },
    };
  } finally {
    closeDescriptor(fd);
  }
}

/** Linux grants twice what was asked for, because its own memory for each datagram counts (socket(7)). */
const KERNEL_FACTOR = process.platform === 'linux' ? 2 : 1;

async function portableGrants(): Promise<BufferGrants> {
  const socket = createSocket('udp6');
  try {
    socket.bind(0, '::1');
    await once(socket, 'listening');
    tried(() => socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES));
    tried(() => socket.setSendBufferSize(SEND_BUFFER_BYTES));
    return {
      receive: { askedBytes: RECEIVE_BUFFER_BYTES, grantedBytes: socket.getRecvBufferSize() / KERNEL_FACTOR },
      send: { askedBytes: SEND_BUFFER_BYTES, grantedBytes: socket.getSendBufferSize() / KERNEL_FACTOR },
    };
  } finally {
    socket.close();
  }
}

/** Some systems refuse a size above their limit instead of granting the limit. */
function tried(set: () => void): void {
  try {
    set();
  } catch {
    // The socket keeps the default size.
  }
}
