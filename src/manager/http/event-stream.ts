import type { ServerResponse } from 'node:http';
import type { Manager } from '../manager.js';
import { deviceJson, triggerJson } from './device-json.js';

/** Pages that people look at, and a few programs. */
const MAX_CLIENTS = 16;
/** A client that has not taken so much is too slow: it is ended, comes again, and reads the list anew. */
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** Keeps connections through proxies, and finds those that are gone. */
const PING_MS = 15_000;
/** How soon a client comes again. */
const RETRY_MS = 5_000;

/** Tells clients what changes, as server-sent events: `device`, `forgotten` and `trigger`, each with JSON. */
export class EventStream implements Disposable {
  readonly #manager: Manager;
  readonly #clients = new Set<ServerResponse>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;

  constructor(manager: Manager) {
    this.#manager = manager;
    this.#timer = setInterval(() => this.#write(':\n\n'), PING_MS);
    this.#timer.unref();
    this.#stopListening = this.#listen();
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** @returns false if there are too many clients */
  add(response: ServerResponse): boolean {
    if (this.#clients.size >= MAX_CLIENTS) return false;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    this.#clients.add(response);
    response.on('close', () => this.#clients.delete(response));
    return true;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#stopListening();
    for (const client of this.#clients) client.destroy();
  }

  #listen(): () => void {
    const manager = this.#manager;
    const device = (state: Parameters<typeof deviceJson>[1]) => this.#tell('device', () => deviceJson(manager, state));
    const forgotten = (name: string) => this.#tell('forgotten', () => ({ device: name }));
    const trigger = (one: Parameters<typeof triggerJson>[0], result: string | undefined) =>
      this.#tell('trigger', () => ({ ...triggerJson(one), result }));
    manager.on('device', device).on('forgotten', forgotten).on('trigger', trigger);
    return () => manager.off('device', device).off('forgotten', forgotten).off('trigger', trigger);
  }

  #tell(event: string, make: () => object): void {
    if (this.#clients.size > 0) this.#write(`event: ${event}\ndata: ${JSON.stringify(make())}\n\n`);
  }

  #write(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > MAX_BACKLOG_BYTES) client.destroy();
      else client.write(text);
    }
  }
}
