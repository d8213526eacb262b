import type { IncomingMessage, ServerResponse } from 'node:http';
import { cannotListen } from '../../base/cannot-listen.js';
import { type Hint, LayercastError } from '../../base/errors.js';
import { BoundedServer, type TlsOptions } from '../../http/bounded-server.js';
import { PageFiles } from '../../page/page-files.js';
import type { Manager } from '../manager.js';
import { type ApiAnswer, answerOf, changes } from './api.js';
import { Authority, type AuthorityOptions } from './authority.js';
import { EventStream } from './event-stream.js';

/** A client on a slow link sends a request in less. */
const REQUEST_MS = 10_000;
/** A connection without a request for this long is closed. */
const KEEP_ALIVE_MS = 30_000;
/** A record in Base64, and the names of the devices of one request. */
const MAX_BODY_BYTES = 256 * 1024;
/** When the address is not free. */
const HINT: Hint = (say) => `Name another address with ${say('listen')}, or end the program that listens there`;
/** A client that takes no byte for this long has gone. */
const STALLED_MS = 60_000;

export interface ManagerHttpOptions extends AuthorityOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Most connections at once. */
  readonly clientCount: number;
  /** Undefined: no TLS. */
  readonly tls: TlsOptions | undefined;
  /** What `/metrics` answers. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}

/** What can change while it listens. */
export type RenewedHttpOptions = Pick<ManagerHttpOptions, 'clientCount' | 'tls' | keyof AuthorityOptions>;

/** What operators and their programs ask a manager, by HTTP. */
export class ManagerHttp implements AsyncDisposable {
  readonly #manager: Manager;
  #authority: Authority;
  readonly #metrics: ManagerHttpOptions['metrics'];
  readonly #events: EventStream;
  readonly #page = new PageFiles('manager');
  #server: BoundedServer | undefined;

  private constructor(manager: Manager, { metrics, ...authority }: ManagerHttpOptions) {
    this.#manager = manager;
    this.#authority = new Authority(authority);
    this.#metrics = metrics;
    this.#events = new EventStream(manager);
  }

  /** @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen there; `KEY_INVALID` for unusable certificates */
  static async listen(manager: Manager, options: ManagerHttpOptions): Promise<ManagerHttp> {
    const { host, port, clientCount, tls } = options;
    const http = new ManagerHttp(manager, options);
    const bounds = { connectionCount: clientCount, requestMs: REQUEST_MS, keepAliveMs: KEEP_ALIVE_MS };
    http.#server = await BoundedServer.listen(
      { host, port, tls, ...bounds, refused: (cause) => cannotListen('cannot serve devices', host, port, cause, HINT) },
      (request, response) => void http.#answer(request, response),
    );
    return http;
  }

  /** Where it listens: `http://127.0.0.1:8090`. */
  get url(): string {
    return this.#server!.url;
  }

  /** Goes on with other options. @throws {LayercastError} as `BoundedServer.renew` */
  renew({ clientCount, tls, ...authority }: RenewedHttpOptions): void {
    this.#server!.renew({ connectionCount: clientCount, tls });
    this.#authority = new Authority(authority);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#events[Symbol.dispose]();
    await this.#server?.[Symbol.asyncDispose]();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    response.setTimeout(STALLED_MS, () => response.destroy());
    const { method = '', url = '' } = request;
    const isChange = changes(method);
    // The page holds nothing that is secret, and asks for the token.
    if (!isChange && PageFiles.paths.includes(url)) return this.#sayPage(request, response);
    const mayDo = isChange ? this.#authority.mayChange(request) : this.#authority.mayRead(request);
    if (!mayDo) return say(response, { status: 401, body: 'a token is needed' }, method);
    if (isChange && method === 'POST' && !/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
      return say(response, { status: 415, body: 'the body is application/json' }, method);
    }
    if (!isChange && url === '/events' && method === 'GET') return this.#stream(response);
    try {
      if (!isChange && url === '/metrics') return sayMetrics(response, await this.#metrics(), method);
      const body = await bodyOf(request);
      if (body === undefined) return say(response, { status: 413, body: `at most ${MAX_BODY_BYTES} bytes` }, method);
      say(response, answerOf(this.#manager, { method, url, body }), method);
    } catch (error) {
      if (response.destroyed || response.headersSent) return void response.destroy();
      const body = error instanceof LayercastError ? error.message : 'this answer could not be made';
      say(response, { status: 503, body }, method);
    }
  }

  async #sayPage({ method = '', url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const file = await this.#page.answer(url, headers['accept-encoding']);
      send(response, 200, file!.headers, file!.body, method);
    } catch {
      say(response, { status: 503, body: 'the page could not be read' }, method);
    }
  }

  #stream(response: ServerResponse): void {
    if (!this.#events.add(response)) say(response, { status: 503, body: 'too many clients of /events' }, 'GET');
  }
}

/** The text of a body; undefined if it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function sayMetrics(response: ServerResponse, { type, text }: { type: string; text: string }, method: string): void {
  send(response, 200, { 'content-type': type }, text, method);
}

function say(response: ServerResponse, { status, body }: ApiAnswer, method: string): void {
  const isText = typeof body === 'string';
  const fields = {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 503 ? { 'retry-after': '5' } : {}),
    // What follows of a body that nobody reads is not a request.
    ...(status === 413 || status === 401 || status === 415 ? { connection: 'close' } : {}),
  };
  send(response, status, fields, isText ? `${body}\n` : `${JSON.stringify(body)}\n`, method);
}

function send(
  response: ServerResponse,
  status: number,
  fields: Readonly<Record<string, string>>,
  body: string | Buffer,
  method: string,
): void {
  response.writeHead(status, {
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...fields,
  });
  response.end(method === 'HEAD' ? undefined : body);
}
