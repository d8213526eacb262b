import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
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
  readonly body: string | Buffer;
  /** Beside those that all answers have. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with events for as long as the client stays. @returns what is answered instead; undefined if events are */
export type Stream = (headers: IncomingHttpHeaders, response: ServerResponse) => Answer | undefined;

export interface EndpointOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Answers by path. */
  readonly answers: Readonly<Record<string, (headers: IncomingHttpHeaders) => Answer | Promise<Answer>>>;
  /** Streams by path, for GET alone. @default none */
  readonly streams?: Readonly<Record<string, Stream>>;
}

/** A small HTTP server for those who watch this process: GET and HEAD of a few paths, bounded in clients, requests and time. */
export class HttpEndpoint implements AsyncDisposable {
  readonly #server: BoundedServer;

  private constructor(server: BoundedServer) {
    this.#server = server;
  }

  /** @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen there */
  static async listen({ host, port, ...routes }: EndpointOptions): Promise<HttpEndpoint> {
    const bounds = { connectionCount: MAX_CONNECTIONS, requestMs: REQUEST_MS, keepAliveMs: KEEP_ALIVE_MS };
    const server = await BoundedServer.listen(
      {
        host,
        port,
        ...bounds,
        refused: (cause) =>
          cannotListen('cannot serve metrics', host, port, cause, 'Name another address with --metrics [HOST:]PORT'),
      },
      (request, response) => void answer(request, response, routes),
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

type Routes = Pick<EndpointOptions, 'answers' | 'streams'>;

async function answer(request: IncomingMessage, response: ServerResponse, routes: Routes): Promise<void> {
  const { method, url = '/', headers } = request;
  const path = url.split('?')[0] ?? '/';
  const stream = method === 'GET' ? own(routes.streams, path) : undefined;
  const found = stream === undefined ? await find(request, path, routes) : stream(headers, response);
  if (found === undefined) return;
  const { status, type, body } = found;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    ...found.headers,
  });
  response.end(method === 'HEAD' ? undefined : body);
}

async function find({ method, headers }: IncomingMessage, path: string, routes: Routes): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'only GET and HEAD');
  const make = own(routes.answers, path);
  if (make === undefined) {
    const paths = [...Object.keys(routes.answers), ...Object.keys(routes.streams ?? {})];
    return plain(404, `nothing here; there is ${paths.join(', ')}`);
  }
  try {
    return await make(headers);
  } catch {
    return plain(500, 'this answer could not be made');
  }
}

function own<Value>(values: Readonly<Record<string, Value>> | undefined, path: string): Value | undefined {
  return values !== undefined && Object.hasOwn(values, path) ? values[path] : undefined;
}

/** One line of text. */
export function plain(status: number, line: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` };
}
