import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** No request has long fields. */
const MAX_HEADER_BYTES = 8 * 1024;
/** After so many requests a connection is made anew, so that none stays for ever. */
const MAX_REQUESTS = 1_000;

export interface BoundedServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Most connections at once. */
  readonly connectionCount: number;
  /** No request has a body; whoever takes longer than this for one is no client. */
  readonly requestMs: number;
  /** How long a connection may wait for its next request. */
  readonly keepAliveMs: number;
  /** Makes the error of `listen` from the system's. */
  readonly refused: (cause: unknown) => Error;
}

/** An HTTP server for clients that nobody knows: connections, requests and times have bounds. */
export class BoundedServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #host: string;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
  }

  /** @throws what `refused` makes, if the system refuses to listen there */
  static async listen(options: BoundedServerOptions, onRequest: RequestListener): Promise<BoundedServer> {
    const { host, port, connectionCount, requestMs, keepAliveMs, refused } = options;
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, onRequest);
    server.maxConnections = connectionCount;
    server.maxRequestsPerSocket = MAX_REQUESTS;
    server.headersTimeout = requestMs;
    server.requestTimeout = requestMs;
    server.keepAliveTimeout = keepAliveMs;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(refused(cause)));
      server.listen({ host, port }, resolve);
    });
    return new BoundedServer(server, host);
  }

  /** Where it listens: `http://127.0.0.1:8080`. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
