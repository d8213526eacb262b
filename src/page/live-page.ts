import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { EventClients, eventText } from '../http/event-clients.js';
import { isLocalHost } from '../http/local-host.js';
import type { LiveState, PageRole, Past, ViewState } from './live-state.js';

/** Each is a person who looks. They leave the connections of the listener, 32, to programs that read metrics. */
const MAX_CLIENTS = 8;
/** Transfers tell their progress as often. */
const SAMPLE_MS = 1_000;

/** What the page shows of a process of one role. */
export interface PageView {
  readonly role: PageRole;
  readonly state: ViewState;
  readonly past: Past;
}

export interface LivePageOptions {
  /** Version of this program. */
  readonly version: string;
  /** Why the work does not go on, as a sentence; undefined if it does. */
  readonly fault: () => string | undefined;
  /** Whether only programs of this host reach the listener: then requests have to name this host, too. */
  readonly isLocal: boolean;
}

/** Tells pages how a process is doing, once a second, as server-sent events: `past` at first, then `state`. Nothing is sampled while nobody looks. */
export class LivePage implements Disposable {
  readonly #view: PageView;
  readonly #options: LivePageOptions;
  readonly #clients = new EventClients(MAX_CLIENTS, (count) => this.#watch(count > 0));
  #samples: NodeJS.Timeout | undefined;

  constructor(view: PageView, options: LivePageOptions) {
    this.#view = view;
    this.#options = options;
  }

  /** Whether somebody looks. */
  get isWatched(): boolean {
    return this.#samples !== undefined;
  }

  /** @returns what is wrong, as a status and a sentence; undefined if the request is answered with events from now on */
  add(headers: IncomingHttpHeaders, response: ServerResponse): readonly [status: number, line: string] | undefined {
    if (this.#options.isLocal && !isLocalHost(headers.host)) return [403, 'this is served to this host alone'];
    const first = eventText('past', this.#view.past) + eventText('state', this.#state);
    return this.#clients.add(response, first) ? undefined : [503, `at most ${MAX_CLIENTS} pages at once`];
  }

  [Symbol.dispose](): void {
    this.#clients[Symbol.dispose]();
  }

  #watch(isWatched: boolean): void {
    if (!isWatched) {
      clearInterval(this.#samples);
      this.#samples = undefined;
    } else this.#samples ??= setInterval(() => this.#clients.offer('state', this.#state), SAMPLE_MS).unref();
  }

  get #state(): LiveState {
    const { user, system } = process.cpuUsage();
    const { version, fault } = this.#options;
    return {
      ...this.#view.state,
      version,
      atMs: Date.now(),
      fault: fault(),
      cpuS: (user + system) / 1e6,
      memoryBytes: process.memoryUsage.rss(),
    };
  }
}
