import { createSocket, type Socket } from 'node:dgram';
import { errnoOf } from '../../base/errors.js';
import type { Destination, SendBatch, SendResult, SendSocket } from '../../base/ports.js';
import type { InterfaceBinding } from '../interfaces/interface-binding.js';
import type { SourceChoice } from '../interfaces/source-address.js';
import { type ConnectedSocket, openSender, type SenderWorld } from '../open-sender.js';
import { sendBufferBytes } from '../send-buffer.js';
import { markedSocket } from './marked-socket.js';

/** See `openSender`. */
export function openUdpSender(destination: Destination, world?: SenderWorld): Promise<SendSocket> {
  return openSender(destination, connected, world);
}

async function connected(
  destination: Destination,
  choice: SourceChoice,
  binding: InterfaceBinding,
): Promise<ConnectedSocket> {
  const socket = await boundSocket(destination.dscp, choice, binding);
  try {
    await connect(socket, destination, binding);
    // Failures are reported with each send; an unheard "error" event would end the process.
    socket.on('error', () => undefined);
    return new UdpSender(socket);
  } catch (cause) {
    socket.close();
    throw cause;
  }
}

class UdpSender implements ConnectedSocket {
  readonly address: string;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.address = socket.address().address;
    this.#socket = socket;
  }

  send({ bytes, datagramBytes, count }: SendBatch): Promise<SendResult> {
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

function connect(socket: Socket, destination: Destination, { zone }: InterfaceBinding): Promise<void> {
  const { group, port, hopLimit, rateBitsPerSecond } = destination;
  if (zone !== '') socket.setMulticastInterface(`::${zone}`);
  socket.setMulticastTTL(hopLimit);
  socket.setMulticastLoopback(true);
  trySendBuffer(socket, sendBufferBytes(rateBitsPerSecond));
  return new Promise((resolve, reject) => {
    // Node hands a failure to the callback, which its types leave out.
    const done = (cause?: unknown) => (cause === undefined ? resolve() : reject(cause));
    socket.connect(port, `${group}${zone}`, done);
  });
}

function trySendBuffer(socket: Socket, bytes: number): void {
  try {
    socket.setSendBufferSize(bytes);
  } catch {
    // Some systems refuse a size above their limit instead of granting the limit. The socket then keeps the default size.
  }
}
