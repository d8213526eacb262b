import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { cannotListen } from '../base/cannot-listen.js';
import type { Clock } from '../base/ports.js';
import { CoapEndpoint, type EndpointOptions } from './endpoint.js';
import type { Peer } from './peer.js';

/** Room for what arrives while the process is busy: some 150 datagrams of a full block. */
const RECEIVE_BUFFER_BYTES = 256 * 1024;

/** When the address is not free. */
const HINT = 'Name another address, or end the program that listens there';

export interface UdpEndpointOptions extends EndpointOptions {
  /** An address of this host, such as `::1`; `::` is all, of IPv4 too. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly clock: Clock;
}

/** A CoAP endpoint on a UDP socket. */
export class UdpEndpoint implements AsyncDisposable {
  readonly endpoint: CoapEndpoint;
  /** Where it listens. */
  readonly address: Peer;
  readonly #socket: Socket;

  private constructor(socket: Socket, options: UdpEndpointOptions) {
    const { address, port } = socket.address();
    this.address = { address, port };
    this.#socket = socket;
    const isIPv6 = !isIPv4(address);
    const send = (bytes: Uint8Array, peer: Peer) => {
      const to = isIPv6 && isIPv4(peer.address) ? `::ffff:${peer.address}` : peer.address;
      // What the system refuses is lost like any datagram: it comes again.
      socket.send(bytes, peer.port, to, () => undefined);
    };
    this.endpoint = new CoapEndpoint({ clock: options.clock, randomBytes, send }, options);
    socket.on('message', (bytes, from) => {
      const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(from.address)?.[1];
      this.endpoint.receive(bytes, { address: mapped ?? from.address, port: from.port });
    });
    socket.on('error', () => undefined);
  }

  /** @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen there */
  static async open(options: UdpEndpointOptions): Promise<UdpEndpoint> {
    const { host, port } = options;
    const socket = createSocket({ type: isIPv4(host) ? 'udp4' : 'udp6', recvBufferSize: RECEIVE_BUFFER_BYTES });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (cause) => {
        socket.close();
        reject(cannotListen('cannot use CoAP', host, port, cause, HINT));
      });
      socket.bind({ address: host, port }, resolve);
    });
    socket.removeAllListeners('error');
    return new UdpEndpoint(socket, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.endpoint.close();
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}
