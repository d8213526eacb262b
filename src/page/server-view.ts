import type { Sender } from '../create-sender.js';
import type { ServerFacts } from '../metrics/server-facts.js';
import type { PageView } from './live-page.js';
import { MAX_ROWS, type Past, type Sending, type SentObject, type ViewState } from './live-state.js';
import { Notes } from './notes.js';

type SentStats = ReturnType<Sender['stats']>['objects'][number];

/** Follows a server for the page. */
export class ServerView implements PageView {
  readonly role = 'server';
  readonly past: Past = { histories: {} };
  readonly #facts: ServerFacts;
  readonly #notes: Notes;

  constructor(facts: ServerFacts, nowMs = Date.now) {
    this.#facts = facts;
    this.#notes = new Notes(nowMs);
  }

  /** Shows a server from now on; at most one. */
  follow(sender: Sender): void {
    for (const kind of ['warning', 'waiting'] as const) sender.on(kind, ({ message }) => this.#notes.add(message));
    sender.on('refuse', ({ object, version, error }) => {
      this.#notes.add(`${object}, version ${version}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  get state(): ViewState {
    return { name: this.#facts.stats.server ?? '', sending: this.#sending, notes: this.#notes.all };
  }

  get #sending(): Sending {
    const { objects } = this.#facts.stats;
    const preparing = [...this.#facts.prepared].map(([object, share]) => ({ object, share }));
    // The bound is one of rows, and each channel has one.
    const shown = objects.slice(0, MAX_ROWS);
    while (shown.length > 1 && shown.reduce((sum, { channels }) => sum + channels.length, 0) > MAX_ROWS) shown.pop();
    return {
      objects: shown.map((one) => this.#sentObject(one)),
      hiddenCount: objects.length - shown.length,
      preparing: preparing.slice(0, MAX_ROWS),
    };
  }

  #sentObject({ object, version, channels }: SentStats): SentObject {
    const published = this.#facts.published.get(object);
    return {
      object,
      version,
      bytes: published?.bytes,
      channels: channels.map(({ channel, datagrams, bytes, refusedDatagrams, skippedDatagrams, pausedFor }) => ({
        ...{ channel, datagrams, bytes, refusedDatagrams, skippedDatagrams, pausedFor },
        rateBitsPerSecond: published?.rates.get(channel),
        isFailing: this.#facts.isFailing(object, channel),
      })),
    };
  }
}
