import type { CoapBounds } from './bounds.js';
import { isSuccess } from './code.js';
import { OptionNumber, uintOption } from './options.js';
import { type Peer, peerKey } from './peer.js';
import type { Answer } from './reply-message.js';
import type { Transmissions } from './transmissions.js';

/** Numbers of notifications have 24 bits (RFC 7641, section 3.4). */
const SEQUENCE_SIZE = 2 ** 24;
/** Most resources that one peer observes, so that one cannot take the places of all. */
const MOST_OF_PEER = 16;

/** What an observer asked for. */
export interface Observed {
  readonly peer: Peer;
  readonly token: Uint8Array;
  readonly path: readonly string[];
  /** Makes the present answer. */
  readonly answer: () => Promise<Answer>;
}

interface Observer extends Observed {
  sequence: number;
  /** A notification is under way. */
  isBusy: boolean;
  /** The state has changed since the notification that is under way. */
  isBehind: boolean;
}

/** Who observes which resource here (RFC 7641). An observer that rejects a notification, or does not acknowledge it, is forgotten. */
export class Observers {
  readonly #transmissions: Transmissions;
  readonly #bounds: CoapBounds;
  readonly #onReset: (peer: Peer) => void;
  /** Who was heard longest ago is the first. */
  readonly #observers = new Map<string, Observer>();

  /** @param onReset hears of a peer that rejects a notification, because it does not know that it observes */
  constructor(transmissions: Transmissions, bounds: CoapBounds, onReset: (peer: Peer) => void) {
    this.#transmissions = transmissions;
    this.#bounds = bounds;
    this.#onReset = onReset;
  }

  get size(): number {
    return this.#observers.size;
  }

  /** @returns the number for the Observe option of the answer; undefined if there are too many observers: one may have a place later */
  add(observed: Observed): number | undefined {
    const key = keyOf(observed.peer, observed.token);
    const before = this.#observers.get(key);
    if (before === undefined && this.#hasManyOf(observed.peer)) return undefined;
    if (before === undefined && this.#observers.size >= this.#bounds.observerCount) {
      this.#askOldest();
      return undefined;
    }
    const sequence = ((before?.sequence ?? 0) + 1) % SEQUENCE_SIZE;
    this.#observers.delete(key);
    this.#observers.set(key, { ...observed, sequence, isBusy: false, isBehind: false });
    return sequence;
  }

  remove(peer: Peer, token: Uint8Array): void {
    this.#observers.delete(keyOf(peer, token));
  }

  /** Forgets all. */
  close(): void {
    this.#observers.clear();
  }

  /** The state at this path has changed. */
  notify(path: readonly string[]): void {
    const text = path.join('/');
    for (const observer of this.#observers.values()) {
      if (observer.path.join('/') === text) void this.#notify(observer);
    }
  }

  /** Sends the newest state, once what is under way has been acknowledged. */
  async #notify(observer: Observer): Promise<void> {
    if (observer.isBusy) {
      observer.isBehind = true;
      return;
    }
    observer.isBusy = true;
    observer.isBehind = false;
    const answer = await observer.answer();
    if (!this.#isThere(observer)) return;
    observer.sequence = (observer.sequence + 1) % SEQUENCE_SIZE;
    const { peer, token, sequence } = observer;
    const isGood = isSuccess(answer.code);
    const options = isGood ? [...answer.options, uintOption(OptionNumber.observe, sequence)] : answer.options;
    const gone = () => this.#forget(observer);
    const cancel = this.#transmissions.send(
      peer,
      { ...answer, token, options },
      {
        onAcknowledged: () => {
          observer.isBusy = false;
          this.#heard(observer);
          if (observer.isBehind) void this.#notify(observer);
        },
        onReset: () => {
          gone();
          this.#onReset(peer);
        },
        onTimeout: gone,
      },
    );
    // What says no is the last notification, and an observer that cannot be told would believe an old state.
    if (!isGood || cancel === undefined) gone();
  }

  /**
   * Tells the state again to the observer that was heard longest ago. Anybody can forge any number of observers, and those that do not acknowledge are
   * forgotten; without this they would stay until the state changes.
   */
  #askOldest(): void {
    for (const observer of this.#observers.values()) {
      if (!observer.isBusy) return void this.#notify(observer);
    }
  }

  #heard(observer: Observer): void {
    if (!this.#isThere(observer)) return;
    const key = keyOf(observer.peer, observer.token);
    this.#observers.delete(key);
    this.#observers.set(key, observer);
  }

  #hasManyOf(peer: Peer): boolean {
    const key = peerKey(peer);
    return [...this.#observers.values()].filter((one) => peerKey(one.peer) === key).length >= MOST_OF_PEER;
  }

  #isThere(observer: Observer): boolean {
    return this.#observers.get(keyOf(observer.peer, observer.token)) === observer;
  }

  #forget(observer: Observer): void {
    if (this.#isThere(observer)) this.remove(observer.peer, observer.token);
  }
}

function keyOf(peer: Peer, token: Uint8Array): string {
  return `${peerKey(peer)} ${Buffer.from(token).toString('hex')}`;
}
