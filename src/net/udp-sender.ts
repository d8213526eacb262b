import { createSocket, type Socket } from 'node:dgram';
import { errnoOf, LayercastError } from '../errors.js';
import type { Destination, SendBatch, SendResult, SendSocket } from '../ports.js';
import { markedSocket } from './marked-socket.js';

/** Kernel memory for datagrams on their way to the interface: 2 MB is 10 ms at 1.6 Gbit/s. The system may allow less. */
const SEND_BUFFER_BYTES = 2 * 2 ** 20;

/**
 * Opens a socket that can send to one group and hears nothing: it is connected, and the kernel delivers to a connected
 * socket only what comes from its peer — a multicast address, which no datagram may have as its source (RFC 4291, 2.7).
 *
 * @throws {LayercastError} `NETWORK_UNAVAILABLE` when the system refuses.
 */
export async function openUdpSender(destination: Destination): Promise<SendSocket> {
  const { dscp } = destination;
  const socket = dscp === 0 ? createSocket('udp6') : await markedSocket(dscp, destination.source);
  try {
    await connect(socket, destination, dscp !== 0);
  } catch (cause) {
    socket.close();
    const from = destination.source === undefined ? '' : ` from ${destination.source}`;
    const where = destination.interface === undefined ? 'by the default route' : `on ${destination.interface}`;
    throw new LayercastError(
      'NETWORK_UNAVAILABLE',
      `cannot send to [${destination.group}]:${destination.port}${from} ${where}: ${errnoOf(cause) ?? cause}`,
      {
        hint: 'Name an interface that is up and has an IPv6 address, with --interface',
        cause,
      },
    );
  }
  // Failures are reported with each send; an unheard "error" event would end the process.
  socket.on('error', () => undefined);
  return new UdpSender(socket);
}

class UdpSender implements SendSocket {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send({ bytes, strideBytes, lengths, count }: SendBatch): Promise<SendResult> {
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
        try {
          this.#socket.send(bytes, i * strideBytes, lengths[i], done);
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
      // Closed before: nothing is left to do.
    }
  }
}

function connect(socket: Socket, destination: Destination, isBound: boolean): Promise<void> {
  const zone = destination.interface === undefined ? '' : `%${destination.interface}`;
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    const configure = () => {
      try {
        if (zone !== '') socket.setMulticastInterface(`::${zone}`);
        socket.setMulticastTTL(destination.hopLimit);
        socket.setMulticastLoopback(true);
        trySendBuffer(socket);
      } catch (error) {
        reject(error);
        return;
      }
      socket.connect(destination.port, `${destination.group}${zone}`, () => {
        socket.removeListener('error', reject);
        resolve();
      });
    };
    if (isBound) configure();
    else socket.bind({ address: destination.source ?? '::', port: 0, exclusive: true }, configure);
  });
}

function trySendBuffer(socket: Socket): void {
  try {
    socket.setSendBufferSize(SEND_BUFFER_BYTES);
  } catch {
    // Some systems refuse what exceeds their limit instead of granting the limit; their default then has to do.
  }
}
