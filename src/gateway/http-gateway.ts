import type { IncomingMessage, ServerResponse } from 'node:http';
import { cannotListen } from '../base/cannot-listen.js';
import { LayercastError } from '../base/errors.js';
import { BoundedServer } from '../http/bounded-server.js';
import { ClientTally } from './client-counts.js';
import { notYet, type ObjectAnswer, objectAnswer, objectPath, pathTarget, versionPath } from './object-answer.js';
import type { Span } from './requested-range.js';
import type { ServedVersion } from './served-version.js';
import type { Shelf } from './shelf.js';

/** A client on a slow link sends a request in less. */
const REQUEST_MS = 10_000;
/** A connection without a request for this long is closed. */
const KEEP_ALIVE_MS = 30_000;
/** A client that takes no byte for this long, beside what it waits for bytes, has gone. */
const STALLED_MS = 60_000;
/** The content is read in pieces of at most this size: as much memory as a client takes. */
const PIECE_BYTES = 256 * 1024;

export interface HttpGatewayOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Most connections at once. */
  readonly clientCount: number;
  /** How long a request waits for bytes that are not there yet. */
  readonly waitMs: number;
}

/**
 * Serves the versions on a shelf by HTTP: `/objects` lists them, `/objects/NAME` is the newest, `/objects/NAME/VERSION` never changes. GET and HEAD,
 * with ranges, of clients that nobody knows: everything has a bound.
 */
export class HttpGateway implements AsyncDisposable {
  readonly #server: BoundedServer;

  private constructor(server: BoundedServer) {
    this.#server = server;
  }

  /**
   * @param tally counts its clients
   * @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen there
   */
  static async listen(shelf: Shelf, options: HttpGatewayOptions, tally = new ClientTally()): Promise<HttpGateway> {
    const { host, port, clientCount, waitMs } = options;
    const bounds = { connectionCount: clientCount, requestMs: REQUEST_MS, keepAliveMs: KEEP_ALIVE_MS };
    const server = await BoundedServer.listen(
      {
        host,
        port,
        ...bounds,
        refused: (cause) =>
          cannotListen(
            'cannot serve objects',
            host,
            port,
            cause,
            (say) => `Name another address with ${say('listen')}`,
          ),
        onRefused: () => tally.refusedCount++,
      },
      (request, response) => void new Exchange(request, response, waitMs, tally).answer(shelf),
    );
    return new HttpGateway(server);
  }

  /** Where it listens: `http://127.0.0.1:8080`. */
  get url(): string {
    return this.#server.url;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}

/** One request and its answer. */
class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #waitMs: number;
  readonly #tally: ClientTally;
  readonly #gone = new AbortController();

  constructor(request: IncomingMessage, response: ServerResponse, waitMs: number, tally: ClientTally) {
    this.#request = request;
    this.#response = response;
    this.#waitMs = waitMs;
    this.#tally = tally;
    response.on('close', () => this.#gone.abort());
    response.on('error', () => this.#gone.abort());
    response.setTimeout(STALLED_MS + waitMs, () => response.destroy());
  }

  async answer(shelf: Shelf): Promise<void> {
    const { method, url = '/' } = this.#request;
    if (method !== 'GET' && method !== 'HEAD') return this.#say(405, 'only GET and HEAD', { allow: 'GET, HEAD' });
    if (url === '/' || url === '/objects') return this.#json(listOf(shelf));
    const target = pathTarget(url);
    const version =
      target &&
      (target.version === undefined ? shelf.newest(target.object) : shelf.version(target.object, target.version));
    if (version === undefined) return this.#say(404, 'no such object or version; /objects lists what there is');
    const release = version.hold();
    try {
      await this.#serve(version, target?.version !== undefined);
    } catch {
      // The head is on its way, so only an end that comes too early can tell.
      this.#response.destroy();
    } finally {
      release();
    }
  }

  async #serve(version: ServedVersion, isVersioned: boolean): Promise<void> {
    const { method, headers } = this.#request;
    // Ranges are defined for GET alone (RFC 9110, section 14.2).
    const fields = method === 'HEAD' ? { ...headers, range: undefined } : headers;
    const answer = objectAnswer(version, fields, isVersioned);
    const { span } = answer;
    if (span === undefined || method === 'HEAD') return this.#head(answer, true);
    const isThere = span.first === span.end || (await version.await(span.first, this.#waitMs, this.#gone.signal));
    if (!isThere) return this.#head(notYet(), true);
    this.#head(answer, span.first === span.end);
    await this.#send(version, span);
  }

  async #send(version: ServedVersion, { first, end }: Span): Promise<void> {
    const { signal } = this.#gone;
    for (let at = first; at < end && !signal.aborted; ) {
      if (!(await version.await(at, this.#waitMs, signal)))
        throw new LayercastError('TIMEOUT', 'bytes did not come in time');
      const most = Math.min(PIECE_BYTES, end - at, version.readableEnd(at) - at);
      const bytes = await version.read(at, most, signal);
      at += bytes.length;
      this.#tally.bodyBytes += bytes.length;
      if (!this.#response.write(bytes)) await this.#drained();
    }
    this.#response.end();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#response.off('drain', done);
        this.#gone.signal.removeEventListener('abort', done);
        resolve();
      };
      this.#response.once('drain', done);
      this.#gone.signal.addEventListener('abort', done, { once: true });
      if (this.#gone.signal.aborted) done();
    });
  }

  #head({ status, fields }: ObjectAnswer, isAll: boolean): void {
    this.#tally.answeredHttp(status);
    this.#response.writeHead(status, fields);
    if (isAll) this.#response.end();
  }

  #json(value: object): void {
    this.#text(200, `${JSON.stringify(value, null, 2)}\n`, { 'content-type': 'application/json' });
  }

  #say(status: number, line: string, more: Readonly<Record<string, string>> = {}): void {
    this.#text(status, `${line}\n`, { 'content-type': 'text/plain; charset=utf-8', ...more });
  }

  #text(status: number, text: string, fields: Readonly<Record<string, string>>): void {
    const isBody = this.#request.method !== 'HEAD';
    this.#tally.answeredHttp(status);
    if (isBody) this.#tally.bodyBytes += Buffer.byteLength(text);
    this.#response.writeHead(status, {
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...fields,
    });
    this.#response.end(isBody ? text : undefined);
  }
}

function listOf(shelf: Shelf): object {
  return {
    objects: shelf.objects.map((object) => ({
      object,
      url: objectPath(object),
      versions: shelf.versions(object).map((version) => ({
        version: version.identity.version,
        url: versionPath(object, version.identity.version),
        bytes: version.identity.sizeBytes,
        provenBytes: version.provenBytes,
        sha256: Buffer.from(version.identity.sha256).toString('hex'),
      })),
    })),
  };
}
