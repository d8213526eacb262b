import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { authorityOf } from '../base/authority.js';
import { LayercastError } from '../base/errors.js';

/** No request has long fields. */
const MAX_HEADER_BYTES = 8 * 1024;
/** After this many requests a connection is made anew, so that none stays for ever. */
const MAX_REQUESTS = 1_000;
/**
 * A client that takes nothing of an answer in this time loses its place, though its connection is not silent: one that takes a byte now and then
 * would keep it for ever. What counts is whole pieces as they were written, 256 kB at most at a gateway: a link of 7 kbit/s takes one.
 */
const TAKING_MS = 300_000;

export interface BoundedServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Most connections at once. */
  readonly connectionCount: number;
  /** Whoever takes longer than this for a request, with its body, is no client. */
  readonly requestMs: number;
  /** How long a connection may wait for its next request. */
  readonly keepAliveMs: number;
  /** @default no TLS */
  readonly tls?: TlsOptions | undefined;
  /** Hears of each connection that is ended because of a bound. @default nobody does */
  readonly onRefused?: (() => void) | undefined;
  /** Makes the error of `listen` from the system's. */
  readonly refused: (cause: unknown) => Error;
}

/** Keys and certificates, in PEM. */
export interface TlsOptions {
  readonly certificate: string;
  readonly key: string;
  /** The authority of the certificates of clients. Clients without one are answered, too. @default certificates of clients mean nothing */
  readonly clients?: string | undefined;
}

/** An HTTP server for clients that nobody knows: connections, requests and times have bounds. */
export class BoundedServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #host: string;
  readonly #scheme: string;

  private constructor(server: Server, { host, tls }: BoundedServerOptions) {
    this.#server = server;
    this.#host = host;
    this.#scheme = tls === undefined ? 'http' : 'https';
  }

  /** @throws what `refused` makes, if the system refuses to listen there; {LayercastError} `KEY_INVALID` for unusable certificates */
  static async listen(options: BoundedServerOptions, onRequest: RequestListener): Promise<BoundedServer> {
    const { host, port, connectionCount, requestMs, keepAliveMs, refused, onRefused = () => undefined } = options;
    const busy = new WeakSet<Socket>();
    const server = await newServer(options, (request, response) => {
      const { socket } = request;
      // Requests that do not wait for the answers before them would each take the memory of a client.
      if (busy.has(socket)) {
        socket.destroy();
        return onRefused();
      }
      busy.add(socket);
      response.on('close', () => busy.delete(socket));
      endIfUntaken(response, onRefused);
      onRequest(request, response);
    });
    server.maxConnections = connectionCount;
    server.on('drop', onRefused);
    server.maxRequestsPerSocket = MAX_REQUESTS;
    server.headersTimeout = requestMs;
    server.requestTimeout = requestMs;
    server.keepAliveTimeout = keepAliveMs;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(refused(cause)));
      server.listen({ host, port }, resolve);
    });
    // A connection that the system could not accept, for want of memory say, is lost; the server goes on.
    server.on('error', onRefused);
    return new BoundedServer(server, options);
  }

  /** Where it listens: `http://127.0.0.1:8080`. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#scheme}://${authorityOf(this.#host, port)}`;
  }

  /**
   * Takes another number of connections and other certificates; a server stays one with TLS, or without, and goes on asking clients for certificates, or
   * not. Connections of before are ended, because their clients may not be the ones that may come now.
   *
   * @throws {LayercastError} `KEY_INVALID` for unusable certificates; everything stays as it was then
   */
  renew({ connectionCount, tls }: Pick<BoundedServerOptions, 'connectionCount' | 'tls'>): void {
    if (tls !== undefined) secure(() => (this.#server as TlsServer).setSecureContext(contextOf(tls)));
    this.#server.maxConnections = connectionCount;
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Ends the connection of an answer of which the client takes too little. */
function endIfUntaken(response: ServerResponse, onEnd: () => void): void {
  let before = -1;
  const look = () => {
    const { socket, writableLength } = response;
    if (socket === null) return;
    const taken = socket.bytesWritten - socket.writableLength;
    if (writableLength > 0 && taken === before) {
      response.destroy();
      onEnd();
    }
    before = taken;
  };
  const timer = setInterval(look, TAKING_MS);
  response.on('close', () => clearInterval(timer));
}

async function newServer({ tls }: BoundedServerOptions, onRequest: RequestListener): Promise<Server> {
  const bounds = { maxHeaderSize: MAX_HEADER_BYTES };
  if (tls === undefined) return createServer(bounds, onRequest);
  const { createServer: createTlsServer } = await import('node:https');
  const asked = tls.clients === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
  return secure(() => createTlsServer({ ...bounds, ...contextOf(tls), ...asked }, onRequest));
}

function contextOf({ certificate: cert, key, clients }: TlsOptions) {
  return { cert, key, ...(clients === undefined ? {} : { ca: clients }) };
}

/** @throws {LayercastError} `KEY_INVALID` if what uses them refuses them */
function secure<T>(use: () => T): T {
  try {
    return use();
  } catch (cause) {
    const { message } = cause as Error;
    throw new LayercastError('KEY_INVALID', `the certificates or the key of TLS cannot be used: ${message}`, {
      hint: 'Give files in PEM; the key has to be that of the certificate, without a password',
      cause,
    });
  }
}
