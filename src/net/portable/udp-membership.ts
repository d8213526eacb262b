import { createSocket, type Socket } from 'node:dgram';
import type { Clock, Membership, MembershipRequest, ReceivedBatch } from '../../base/ports.js';
import { SingleBatch } from '../../base/single-batch.js';
import type { SourceTable } from '../../base/source-table.js';
import type { InterfaceBinding } from '../interfaces/interface-binding.js';
import type { InterfaceWatch } from '../interfaces/interface-watch.js';
import { joinGroup } from '../join-group.js';

/** 4 MB is 170 ms at 200 Mbit/s: longer than a garbage collection, or a write that blocks. The system may allow less. */
export const RECEIVE_BUFFER_BYTES = 4 * 2 ** 20;

/**
 * The most kernel memory that a receive buffer has: Linux doubles the size that a program asks for, because it counts its own
 * memory for each datagram too.
 */
const MAX_KERNEL_BYTES = 2 * RECEIVE_BUFFER_BYTES;
/** The kernel memory that a datagram takes beside its bytes, at least. (64-bit Linux takes 576.) */
const MIN_KERNEL_BYTES_PER_DATAGRAM = 256;

/**
 * libuv reads at least this many datagrams of a socket in each turn of the event loop, if the buffer has as many. A turn that brings
 * fewer has emptied the buffer.
 */
const DATAGRAMS_PER_TURN = process.platform === 'win32' ? 1 : 32;

/** What a membership needs beside its socket. */
export interface MembershipWorld {
  readonly clock: Clock;
  readonly sources: SourceTable;
  readonly watch: InterfaceWatch;
}

/** See `joinGroup`. */
export function joinUdpGroup(
  request: MembershipRequest,
  onBatch: (batch: ReceivedBatch) => void,
  { clock, sources, watch }: MembershipWorld,
): Promise<Membership> {
  return joinGroup(request, watch, async (binding) => {
    const socket = await joined(request, binding);
    socket.on('error', () => undefined);
    const batch = new SingleBatch();
    const membership = new UdpMembership(socket, request, binding);
    socket.on('message', (message, { address }) => {
      membership.countDelivered(message.length);
      onBatch(batch.of(message, 0, message.length, clock.nowUs(), sources.idOf(withoutZone(address))));
    });
    return membership;
  });
}

async function joined(request: MembershipRequest, binding: InterfaceBinding): Promise<Socket> {
  const socket = createSocket({ type: 'udp6', reuseAddr: true });
  try {
    await bind(socket, request, binding);
    for (const change of membershipsOf(request, binding)) change.join(socket);
    return socket;
  } catch (cause) {
    socket.close();
    throw cause;
  }
}

class UdpMembership implements Membership {
  readonly #socket: Socket;
  readonly #request: MembershipRequest;
  readonly #interface: InterfaceBinding;
  #left = false;
  #deliveredCount = 0;
  /** The least kernel memory that all datagrams delivered so far took. */
  #deliveredKernelBytes = 0;

  constructor(socket: Socket, request: MembershipRequest, binding: InterfaceBinding) {
    this.#socket = socket;
    this.#request = request;
    this.#interface = binding;
  }

  get isStale(): boolean {
    return this.#interface.isStale;
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    this.#drop();
    await this.#drain();
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  /** Ends the membership at once; what the buffer holds is lost. */
  close(): void {
    this.#left = true;
    this.#socket.close();
  }

  /** Counts a datagram of this length. */
  countDelivered(length: number): void {
    this.#deliveredCount++;
    this.#deliveredKernelBytes += length + MIN_KERNEL_BYTES_PER_DATAGRAM;
  }

  /**
   * Waits until the socket's buffer has been empty once. New datagrams may keep coming while another socket of this host is in the
   * group. Therefore the wait also ends when a full buffer of datagrams has been delivered.
   */
  async #drain(): Promise<void> {
    const endBytes = this.#deliveredKernelBytes + MAX_KERNEL_BYTES;
    // The turn that is under way may have passed the point at which it reads sockets.
    await new Promise(setImmediate);
    for (let isEmpty = false; !isEmpty && this.#deliveredKernelBytes < endBytes; ) {
      const before = this.#deliveredCount;
      await new Promise(setImmediate);
      isEmpty = this.#deliveredCount - before < DATAGRAMS_PER_TURN;
    }
  }

  /** Leaves by name only while the name is that of the same interface. Otherwise, closing the socket leaves by index. */
  #drop(): void {
    try {
      this.#interface.verify();
      for (const change of membershipsOf(this.#request, this.#interface)) change.drop(this.#socket);
    } catch {
      // Closing the socket ends its memberships, even if the interface is gone.
    }
  }
}

/** Node puts the zone after a link-local address: `fe80::1%eth0`. */
function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

function bind(socket: Socket, { group, port }: MembershipRequest, { zone }: InterfaceBinding): Promise<void> {
  // Windows cannot bind to a group. Datagrams of other groups are recognised there by the tag in their header.
  const address = process.platform === 'win32' ? '::' : `${group}${zone}`;
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port }, () => {
      socket.removeListener('error', reject);
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      } catch {
        // Some systems refuse a size above their limit instead of granting the limit. The socket then keeps the default size.
      }
      resolve();
    });
  });
}

/** How a socket joins and leaves one group, or one group from one source. */
interface Change {
  readonly join: (socket: Socket) => void;
  readonly drop: (socket: Socket) => void;
}

function membershipsOf({ group, sources }: MembershipRequest, { zone }: InterfaceBinding): readonly Change[] {
  const at = zone === '' ? undefined : `::${zone}`;
  if (sources.length === 0) {
    return [{ join: (socket) => socket.addMembership(group, at), drop: (socket) => socket.dropMembership(group, at) }];
  }
  // Servers on one host share an address, and the system accepts each address only once.
  return [...new Set(sources)].map((source) => ({
    join: (socket) => socket.addSourceSpecificMembership(source, group, at),
    drop: (socket) => socket.dropSourceSpecificMembership(source, group, at),
  }));
}
