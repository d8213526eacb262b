import type { IncomingMessage, ServerResponse } from 'node:http';
import { cannotListen } from '../base/cannot-listen.js';
import { BoundedServer } from '../http/bounded-server.js';

/** Prometheus has one connection, and a few more people look now and then. */
const MAX_CONNECTIONS = 32;
/** Scrapes are short. */
const REQUEST_MS = 5_000;
/** Longer than Prometheus waits between two scrapes, as a rule a minute at most. */
const KEEP_ALIVE_MS = 120_000;

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
  readonly #server: BoundedServer;

  private constructor(server: BoundedServer) {
    this.#server = server;
  }

  /** @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen there */
  static async listen({ host, port, answers }: EndpointOptions): Promise<HttpEndpoint> {
    const bounds = { connectionCount: MAX_CONNECTIONS, requestMs: REQUEST_MS, keepAliveMs: KEEP_ALIVE_MS };
    const server = await BoundedServer.listen(
      {
        host,
        port,
        ...bounds,
        refused: (cause) =>
          cannotListen('cannot serve metrics', host, port, cause, 'Name another address with --metrics [HOST:]PORT'),
      },
      (request, response) => void answer(request, response, answers),
    );
    return new HttpEndpoint(server);
  }

  /** Where it listens: `http://localhost:9464`. */
  get url(): string {
    return this.#server.url;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
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
