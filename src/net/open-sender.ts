import { setTimeout as pauseFor } from 'node:timers/promises';
import { errnoOf } from '../base/errors.js';
import type { Destination, SendBatch, SendResult, SendSocket } from '../base/ports.js';
import { InterfaceBinding, SourceBinding } from './interfaces/interface-binding.js';
import { digitsOf, isLinkLocal } from './interfaces/interface-table.js';
import { type InterfaceWatch, systemWatch } from './interfaces/interface-watch.js';
import { TENTATIVE_PATIENCE_MS } from './interfaces/interfaces.js';
import { type SourceChoice, sourceChoice, sourceState } from './interfaces/source-address.js';
import { networkError } from './network-error.js';

/** Duplicate address detection takes a second or two; nobody notices a quarter of a second more. */
const TENTATIVE_PAUSE_MS = 250;

/** The result of a send on a socket that must not send any more. */
const STALE: SendResult = { sentCount: 0, failure: 'ENODEV' };

/** What opening needs from the system beside sockets. Tests pass their own. */
export interface SenderWorld {
  readonly watch: InterfaceWatch;
  readonly pause: (ms: number) => Promise<unknown>;
}

const systemWorld: SenderWorld = { watch: systemWatch, pause: pauseFor };

/** A socket of one port that is connected to a group. It does not look whether its interface or address is gone. */
export interface ConnectedSocket extends SendSocket {
  /** The address that it sends from, with or without zone. */
  readonly address: string;
}

/** How a port makes such a socket. If it rejects, it has closed what it opened. */
export type Connect = (
  destination: Destination,
  choice: SourceChoice,
  binding: InterfaceBinding,
) => Promise<ConnectedSocket>;

/**
 * Opens a socket that can send to one group and receives nothing. The socket is connected, and the kernel delivers to a connected
 * socket only datagrams from its peer. The peer is a multicast address, which no datagram may have as its source (RFC 4291, 2.7).
 * While the source address is tentative, this waits for up to `TENTATIVE_PATIENCE_MS`.
 *
 * @throws {LayercastError} `UNKNOWN_INTERFACE` while no interface has the name; `NETWORK_UNAVAILABLE` when the system refuses.
 */
export async function openSender(
  destination: Destination,
  connect: Connect,
  { watch, pause }: SenderWorld = systemWorld,
): Promise<SendSocket> {
  const choice = sourceChoice(destination, watch);
  for (let waitedMs = 0; ; waitedMs += TENTATIVE_PAUSE_MS) {
    try {
      return await open(destination, connect, choice, watch);
    } catch (cause) {
      const state = errnoOf(cause) === 'EADDRNOTAVAIL' ? sourceState(choice, watch.fresh()) : undefined;
      if (state !== 'tentative' || waitedMs >= TENTATIVE_PATIENCE_MS) {
        const { source } = destination;
        const what = `send to [${destination.group}]:${destination.port}${source === undefined ? '' : ` from ${source}`}`;
        throw networkError({ ...choice, what, port: destination.port, sourceState: state }, cause);
      }
    }
    await pause(TENTATIVE_PAUSE_MS);
  }
}

async function open(
  destination: Destination,
  connect: Connect,
  choice: SourceChoice,
  watch: InterfaceWatch,
): Promise<SendSocket> {
  const binding = new InterfaceBinding(choice.interface, watch);
  let socket: ConnectedSocket | undefined;
  try {
    socket = await connect(destination, choice, binding);
    binding.verify();
    return new BoundSender(socket, binding, sourceOf(socket.address, destination, choice, watch));
  } catch (cause) {
    socket?.close();
    // For a missing interface the system gives many different errors; the caller gets UNKNOWN_INTERFACE for all of them.
    binding.verify();
    throw cause;
  }
}

/** Sends only as long as the interface and the source address are those that the socket was opened on. */
class BoundSender implements SendSocket {
  readonly #socket: ConnectedSocket;
  readonly #interface: InterfaceBinding;
  readonly #source: SourceBinding;

  constructor(socket: ConnectedSocket, binding: InterfaceBinding, source: SourceBinding) {
    this.#socket = socket;
    this.#interface = binding;
    this.#source = source;
  }

  send(batch: SendBatch): Promise<SendResult> {
    if (this.#interface.isStale || this.#source.isStale) return Promise.resolve(STALE);
    return this.#socket.send(batch);
  }

  close(): void {
    this.#socket.close();
  }
}

/** The address that the connected socket sends from. Datagrams to groups of a scope above 2 (link) pass routers (RFC 7346). */
function sourceOf(
  address: string,
  { group }: Destination,
  { source, interface: name }: SourceChoice,
  watch: InterfaceWatch,
): SourceBinding {
  const isMakeshift = source === undefined && isLinkLocal(digitsOf(address)) && Number.parseInt(group[3] ?? '', 16) > 2;
  return new SourceBinding(name, address, isMakeshift, watch);
}
