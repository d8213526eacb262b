import type { ServerResponse } from 'node:http';

/** Keeps connections through proxies. */
const PING_MS = 15_000;
/** How soon a client comes again. */
const RETRY_MS = 5_000;
/** A client that has taken no byte for this long, although there is a ping each 15 s, has gone. */
const STALLED_MS = 60_000;
/** A client that has not taken so much of what it has to be told is too slow. */
const MAX_BACKLOG_BYTES = 1024 * 1024;

/** Clients of server-sent events, whose number and backlogs have bounds. */
export class EventClients implements Disposable {
  readonly #mostCount: number;
  readonly #onCount: (count: number) => void;
  readonly #clients = new Set<ServerResponse>();
  #pings: NodeJS.Timeout | undefined;

  /**
   * @param mostCount clients at once
   * @param onCount hears how many there are, each time that this changes
   */
  constructor(mostCount: number, onCount: (count: number) => void = () => undefined) {
    this.#mostCount = mostCount;
    this.#onCount = onCount;
  }

  get count(): number {
    return this.#clients.size;
  }

  /**
   * Answers a request with events from now on.
   *
   * @param first what this client alone is told at once, made by `eventText`
   * @returns false if there are too many clients: nothing was answered
   */
  add(response: ServerResponse, first = ''): boolean {
    if (this.#clients.size >= this.#mostCount) return false;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.setTimeout(STALLED_MS, () => response.destroy());
    response.on('error', () => undefined);
    response.write(`retry: ${RETRY_MS}\n\n${first}`);
    this.#clients.add(response);
    response.on('close', () => {
      if (this.#clients.delete(response)) this.#counted();
    });
    this.#counted();
    return true;
  }

  /** Tells what nobody may miss: a client that is too slow for it is ended, comes again, and reads all anew. */
  tell(event: string, data: object): void {
    if (this.#clients.size > 0) this.#write(eventText(event, data));
  }

  /** Tells a state that the next one replaces: a client that has not taken the one before is left out. */
  offer(event: string, data: object): void {
    const ready = [...this.#clients].filter(({ writableLength }) => writableLength === 0);
    if (ready.length === 0) return;
    const text = eventText(event, data);
    for (const client of ready) client.write(text);
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients) client.destroy();
    this.#clients.clear();
    this.#counted();
  }

  #counted(): void {
    if (this.#clients.size === 0) {
      clearInterval(this.#pings);
      this.#pings = undefined;
    } else this.#pings ??= setInterval(() => this.#write(':\n\n'), PING_MS).unref();
    this.#onCount(this.#clients.size);
  }

  #write(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > MAX_BACKLOG_BYTES) client.destroy();
      else client.write(text);
    }
  }
}

/** An event as it is sent. JSON has no line breaks, so the data is one line. */
export function eventText(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
