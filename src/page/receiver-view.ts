import type { Receiver } from '../create-receiver.js';
import type { PageView } from './live-page.js';
import type { Past, ViewState } from './live-state.js';
import { Notes } from './notes.js';
import { TransferRecord } from './transfer-record.js';

/** Follows a receiver for the page. */
export class ReceiverView implements PageView {
  readonly role = 'receiver';
  readonly #nowMs: () => number;
  readonly #notes: Notes;
  #name = '';
  #record: TransferRecord | undefined;

  constructor(nowMs = Date.now) {
    this.#nowMs = nowMs;
    this.#notes = new Notes(nowMs);
  }

  /** Shows a receiver from now on; at most one. */
  follow(receiver: Receiver, { fleet, object }: { readonly fleet: string; readonly object: string }): void {
    this.#name = fleet;
    const record = new TransferRecord(object);
    this.#record = record;
    receiver.on('descriptor', ({ descriptor }) => record.begin(descriptor.version));
    receiver.on('progress', (event) => record.measure(this.#nowMs(), event));
    for (const kind of ['join', 'leave'] as const) {
      receiver.on(kind, (event) => record.decide(this.#nowMs(), kind, event));
    }
    receiver.on('complete', () => record.complete());
    for (const kind of ['warning', 'waiting'] as const) receiver.on(kind, ({ message }) => this.#notes.add(message));
  }

  get state(): ViewState {
    return {
      name: this.#name,
      transfers: this.#record === undefined ? [] : [this.#record.state],
      notes: this.#notes.all,
    };
  }

  get past(): Past {
    if (this.#record === undefined) return { histories: {} };
    return { histories: { [this.#record.state.object]: this.#record.history } };
  }
}
