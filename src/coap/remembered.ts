import type { Clock } from '../base/ports.js';
import { type Peer, peerKey } from './peer.js';

/** EXCHANGE_LIFETIME (RFC 7252, section 4.8.2): a message may still come again for this long. */
export const EXCHANGE_LIFETIME_US = 247_000_000;

interface Entry {
  readonly untilUs: number;
  reply: Uint8Array | undefined;
}

/** Messages that have come, so that each works once only: a copy gets the reply of the first (RFC 7252, section 4.5). */
export class Remembered {
  readonly #clock: Clock;
  readonly #mostCount: number;
  /** In the order of their times. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, mostCount: number) {
    this.#clock = clock;
    this.#mostCount = mostCount;
  }

  /** What is known of a message: undefined if it is new. A reply of undefined has not been made yet, or is none. */
  of(peer: Peer, id: number): { readonly reply: Uint8Array | undefined } | undefined {
    this.#forgetOld();
    return this.#entries.get(keyOf(peer, id));
  }

  note(peer: Peer, id: number): void {
    this.#forgetOld();
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= this.#mostCount && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(keyOf(peer, id), { untilUs: this.#clock.nowUs() + EXCHANGE_LIFETIME_US, reply: undefined });
  }

  answered(peer: Peer, id: number, reply: Uint8Array): void {
    const entry = this.#entries.get(keyOf(peer, id));
    if (entry !== undefined) entry.reply = reply;
  }

  #forgetOld(): void {
    const nowUs = this.#clock.nowUs();
    for (const [key, { untilUs }] of this.#entries) {
      if (untilUs > nowUs) return;
      this.#entries.delete(key);
    }
  }
}

function keyOf(peer: Peer, id: number): string {
  return `${peerKey(peer)} ${id}`;
}
