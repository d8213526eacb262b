import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as pauseFor } from 'node:timers/promises';
import { errnoOf } from '../../base/errors.js';
import type { Destination, SendBatch, SendResult, SendSocket } from '../../base/ports.js';
import { InterfaceBinding, SourceBinding } from '../interfaces/interface-binding.js';
import { digitsOf, isLinkLocal } from '../interfaces/interface-table.js';
import { type InterfaceWatch, systemWatch } from '../interfaces/interface-watch.js';
import { TENTATIVE_PATIENCE_MS } from '../interfaces/interfaces.js';
import { type SourceChoice, sourceChoice, sourceState } from '../interfaces/source-address.js';
import { networkError } from '../network-error.js';
import { markedSocket } from './marked-socket.js';

/** Kernel memory for datagrams on their way to the interface: 2 MB is 10 ms at 1.6 Gbit/s. The system may allow less. */
const SEND_BUFFER_BYTES = 2 * 2 ** 20;

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

/**
 * Opens a socket that can send to one group and receives nothing. The socket is connected, and the kernel delivers to a connected
 * socket only datagrams from its peer. The peer is a multicast address, which no datagram may have as its source (RFC 4291, 2.7).
 * While the source address is tentative, this waits for up to `TENTATIVE_PATIENCE_MS`.
 *
 * @throws {LayercastError} `UNKNOWN_INTERFACE` while no interface has the name; `NETWORK_UNAVAILABLE` when the system refuses.
 */
export async function openUdpSender(
  destination: Destination,
  { watch, pause }: SenderWorld = systemWorld,
): Promise<SendSocket> {
  const choice = sourceChoice(destination, watch);
  for (let waitedMs = 0; ; waitedMs += TENTATIVE_PAUSE_MS) {
    try {
      return await open(destination, choice, watch);
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

async function open(destination: Destination, choice: SourceChoice, watch: InterfaceWatch): Promise<SendSocket> {
  const binding = new InterfaceBinding(choice.interface, watch);
  let socket: Socket | undefined;
  try {
    socket = await boundSocket(destination.dscp, choice, binding);
    await connect(socket, destination, binding);
    binding.verify();
    // Failures are reported with each send; an unheard "error" event would end the process.
    socket.on('error', () => undefined);
    return new UdpSender(socket, binding, sourceOf(socket, destination, choice, watch));
  } catch (cause) {
    socket?.close();
    // For a missing interface the system gives many different errors; the caller gets UNKNOWN_INTERFACE for all of them.
    binding.verify();
    throw cause;
  }
}

class UdpSender implements SendSocket {
  readonly #socket: Socket;
  readonly #interface: InterfaceBinding;
  readonly #source: SourceBinding;

  constructor(socket: Socket, binding: InterfaceBinding, source: SourceBinding) {
    this.#socket = socket;
    this.#interface = binding;
    this.#source = source;
  }

  send({ bytes, datagramBytes, count }: SendBatch): Promise<SendResult> {
    if (this.#interface.isStale || this.#source.isStale) return Promise.resolve(STALE);
    return new Promise((resolve) => {
      let waiting = count;
      let sentCount = 0;
      let failure: string | undefined;
      const done = (error: Error | null) => {
        if (error === null) sentCount++;
        else failure = errnoOf(error) ?? error.message;
        if (--waiting === 0) resolve({ sentCount, failure });
      };
      for (let i = 0; i < count; i++) {
        const start = i * datagramBytes;
        try {
          this.#socket.send(bytes, start, Math.min(datagramBytes, bytes.length - start), done);
        } catch (error) {
          // A closed socket throws; everything else comes through the callback.
          done(error instanceof Error ? error : new Error(String(error)));
        }
      }
    });
  }

  close(): void {
    try {
      this.#socket.close();
    } catch {
      // The socket was closed before.
    }
  }
}

async function boundSocket(dscp: number, choice: SourceChoice, binding: InterfaceBinding): Promise<Socket> {
  const { source, isLinkLocal: isZoned } = choice;
  if (dscp !== 0) {
    return markedSocket(
      dscp,
      source === undefined ? undefined : { address: source, scopeId: isZoned ? binding.index : 0 },
    );
  }
  const socket = createSocket('udp6');
  const address = source === undefined ? '::' : `${source}${isZoned ? binding.zone : ''}`;
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      socket.close();
      reject(cause);
    };
    socket.once('error', fail);
    socket.bind({ address, port: 0, exclusive: true }, () => {
      socket.removeListener('error', fail);
      resolve(socket);
    });
  });
}

function connect(socket: Socket, { group, port, hopLimit }: Destination, { zone }: InterfaceBinding): Promise<void> {
  if (zone !== '') socket.setMulticastInterface(`::${zone}`);
  socket.setMulticastTTL(hopLimit);
  socket.setMulticastLoopback(true);
  trySendBuffer(socket);
  return new Promise((resolve, reject) => {
    // Node hands a failure to the callback, which its types leave out.
    const done = (cause?: unknown) => (cause === undefined ? resolve() : reject(cause));
    socket.connect(port, `${group}${zone}`, done);
  });
}

/** The address that the connected socket sends from. Datagrams to groups of a scope above 2 (link) pass routers (RFC 7346). */
function sourceOf(
  socket: Socket,
  { group }: Destination,
  { source, interface: name }: SourceChoice,
  watch: InterfaceWatch,
): SourceBinding {
  const { address } = socket.address();
  const isMakeshift = source === undefined && isLinkLocal(digitsOf(address)) && Number.parseInt(group[3] ?? '', 16) > 2;
  return new SourceBinding(name, address, isMakeshift, watch);
}

function trySendBuffer(socket: Socket): void {
  try {
    socket.setSendBufferSize(SEND_BUFFER_BYTES);
  } catch {
    // Some systems refuse a size above their limit instead of granting the limit. The socket then keeps the default size.
  }
}
