import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errnoOf, LayercastError } from '../base/errors.js';

/** Prometheus has one connection, and a few more people look now and then. */
const MAX_CONNECTIONS = 32;
/** No request here has a body or long headers; whoever takes longer is not a client. */
const REQUEST_MS = 5_000;
const MAX_HEADER_BYTES = 8 * 1024;
/** After so many requests a connection is made anew, so that none stays for ever. */
const MAX_REQUESTS = 1_000;

/** What a path answers with. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface EndpointOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Answers by path. */
  readonly answers: Readonly<Record<string, () => Answer | Promise<Answer>>>;
}

/** A small HTTP server for those who watch this process: GET and HEAD of a few paths, bounded in clients, requests and time. */
export class HttpEndpoint implements AsyncDisposable {
  readonly #server: Server;
  readonly #host: string;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
  }

  /** @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen there */
  static async listen({ host, port, answers }: EndpointOptions): Promise<HttpEndpoint> {
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
      void answer(request, response, answers);
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.maxRequestsPerSocket = MAX_REQUESTS;
    server.headersTimeout = REQUEST_MS;
    server.requestTimeout = REQUEST_MS;
    server.keepAliveTimeout = 2 * 60_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(refused(host, port, cause)));
      server.listen({ host, port }, resolve);
    });
    return new HttpEndpoint(server, host);
  }

  /** Where it listens: `http://localhost:9464`. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

async function answer(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  answers: EndpointOptions['answers'],
): Promise<void> {
  const { status, type, body } = await found(method, url.split('?')[0] ?? '/', answers);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(method === 'HEAD' ? undefined : body);
}

async function found(method: string | undefined, path: string, answers: EndpointOptions['answers']): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'only GET and HEAD');
  const make = Object.hasOwn(answers, path) ? answers[path] : undefined;
  if (make === undefined) return plain(404, `nothing here; there is ${Object.keys(answers).join(' and ')}`);
  try {
    return await make();
  } catch {
    return plain(500, 'this answer could not be made');
  }
}

/** One line of text. */
export function plain(status: number, line: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` };
}

function refused(host: string, port: number, cause: unknown): LayercastError {
  const errno = errnoOf(cause);
  const meanings: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there',
    EACCES: 'this user may not use this port',
    EADDRNOTAVAIL: 'this host does not have the address',
    ENOTFOUND: 'the name has no address',
  };
  const meaning = meanings[errno ?? ''] ?? 'the system refuses';
  return new LayercastError(
    'NETWORK_UNAVAILABLE',
    `cannot serve metrics on ${host}, port ${port}: ${meaning} (${errno})`,
    {
      hint: 'Name another address with --metrics [HOST:]PORT',
      cause,
    },
  );
}
