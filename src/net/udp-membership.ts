import { createSocket, type Socket } from 'node:dgram';
import { errnoOf, LayercastError } from '../errors.js';
import type { Membership, MembershipRequest, ReceivedBatch } from '../ports.js';

/** 4 MB is 170 ms at 200 Mbit/s: longer than a garbage collection, or a write that blocks. The system may allow less. */
const RECEIVE_BUFFER_BYTES = 4 * 2 ** 20;

/**
 * Joins a group through a socket of its own, bound to the group's address: the kernel then delivers this group alone,
 * whatever other groups this host has joined (a socket bound to `::` would hear them all on Linux).
 *
 * @throws {LayercastError} `NETWORK_UNAVAILABLE` when the system refuses.
 */
export async function joinUdpGroup(
  request: MembershipRequest,
  onBatch: (batch: ReceivedBatch) => void,
): Promise<Membership> {
  const socket = createSocket({ type: 'udp6', reuseAddr: true });
  try {
    await bind(socket, request);
    join(socket, request);
  } catch (cause) {
    socket.close();
    const where = request.interface === undefined ? 'by the default route' : `on ${request.interface}`;
    throw new LayercastError(
      'NETWORK_UNAVAILABLE',
      `cannot join [${request.group}]:${request.port} ${where}: ${errnoOf(cause) ?? String(cause)}`,
      { hint: 'Name an interface that is up and has an IPv6 address, with --interface', cause },
    );
  }
  socket.on('error', () => undefined);
  const batch = new SingleBatch();
  socket.on('message', (message, { address }) => onBatch(batch.of(message, address)));
  return new UdpMembership(socket, request);
}

class UdpMembership implements Membership {
  readonly #socket: Socket;
  readonly #request: MembershipRequest;
  readonly isStale = false;
  #left = false;

  constructor(socket: Socket, request: MembershipRequest) {
    this.#socket = socket;
    this.#request = request;
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    try {
      drop(this.#socket, this.#request);
    } catch {
      // The interface is gone, and the membership with it.
    }
    // Datagrams already in the socket's buffer are delivered in this turn of the event loop and the next.
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

/** A batch of one, which the handler sees again and again. */
class SingleBatch implements ReceivedBatch {
  readonly count = 1;
  readonly buffers: Uint8Array[] = [new Uint8Array(0)];
  readonly starts = [0];
  readonly lengths = [0];
  readonly sources = [''];

  of(message: Uint8Array, source: string): this {
    this.buffers[0] = message;
    this.lengths[0] = message.length;
    const zone = source.indexOf('%');
    this.sources[0] = zone < 0 ? source : source.slice(0, zone);
    return this;
  }
}

function bind(socket: Socket, { group, port, interface: name }: MembershipRequest): Promise<void> {
  // Windows cannot bind to a group; there the header's tag tells datagrams of other groups apart.
  const address = process.platform === 'win32' ? '::' : name === undefined ? group : `${group}%${name}`;
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port }, () => {
      socket.removeListener('error', reject);
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      } catch {
        // Some systems refuse what exceeds their limit instead of granting the limit; their default then has to do.
      }
      resolve();
    });
  });
}

function join(socket: Socket, { group, sources, interface: name }: MembershipRequest): void {
  const zone = name === undefined ? undefined : `::%${name}`;
  if (sources.length === 0) socket.addMembership(group, zone);
  for (const source of sources) socket.addSourceSpecificMembership(source, group, zone);
}

function drop(socket: Socket, { group, sources, interface: name }: MembershipRequest): void {
  const zone = name === undefined ? undefined : `::%${name}`;
  if (sources.length === 0) socket.dropMembership(group, zone);
  for (const source of sources) socket.dropSourceSpecificMembership(source, group, zone);
}
