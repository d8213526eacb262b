import type { Clock } from '../base/ports.js';
import { type Block, MAX_BLOCK_BYTES } from './block.js';
import { Code } from './code.js';
import { type Peer, peerKey } from './peer.js';
import { EXCHANGE_LIFETIME_US } from './remembered.js';

/** Payloads of one address and port that are put together at once, so that one peer cannot take the places of all. A client sends one at a time (NSTART = 1). */
const MOST_OF_PEER = 4;

interface Assembly {
  readonly peer: string;
  /** A client that sends no block until then has given up: NSTART and retransmissions fit into EXCHANGE_LIFETIME. */
  untilUs: number;
  readonly pieces: Uint8Array[];
  bytes: number;
}

/** What to do with a block that came. */
export type Assembled =
  | { readonly kind: 'whole'; readonly payload: Uint8Array }
  | { readonly kind: 'more' }
  | { readonly kind: 'refused'; readonly code: number };

/** Payloads of requests that come in blocks (Block1 of RFC 7959), in order, each with a bound. */
export class Assemblies {
  readonly #clock: Clock;
  readonly #mostCount: number;
  /** By peer and what is asked, as RFC 7959, section 2.5, says; in the order of their last blocks. */
  readonly #assemblies = new Map<string, Assembly>();

  constructor(clock: Clock, mostCount: number) {
    this.#clock = clock;
    this.#mostCount = mostCount;
  }

  /** @param request names the method, path and query */
  take(peer: Peer, request: string, block: Block | undefined, payload: Uint8Array, maxBytes: number): Assembled {
    const from = peerKey(peer);
    const key = `${from} ${request}`;
    const nowUs = this.#clock.nowUs();
    for (const [old, { untilUs }] of this.#assemblies) if (untilUs <= nowUs) this.#assemblies.delete(old);
    if (block === undefined || (block.index === 0 && !block.hasMore)) {
      this.#assemblies.delete(key);
      return payload.length > maxBytes ? refused(Code.tooLarge) : { kind: 'whole', payload };
    }
    if (block.index === 0) this.#assemblies.delete(key);
    const before = this.#assemblies.get(key) ?? { peer: from, untilUs: 0, pieces: [], bytes: 0 };
    if (block.index * block.bytes !== before.bytes) return refused(Code.incomplete);
    if (block.hasMore && payload.length !== block.bytes) return refused(Code.badRequest);
    if (payload.length > MAX_BLOCK_BYTES) return refused(Code.badRequest);
    this.#assemblies.delete(key);
    if (before.bytes + payload.length > maxBytes) return refused(Code.tooLarge);
    if (this.#isFull(from)) return refused(Code.unavailable);
    before.pieces.push(Uint8Array.from(payload));
    if (!block.hasMore) return { kind: 'whole', payload: Buffer.concat(before.pieces) };
    this.#assemblies.set(key, {
      peer: from,
      untilUs: nowUs + EXCHANGE_LIFETIME_US,
      pieces: before.pieces,
      bytes: before.bytes + payload.length,
    });
    return { kind: 'more' };
  }

  #isFull(from: string): boolean {
    if (this.#assemblies.size >= this.#mostCount) return true;
    let count = 0;
    for (const { peer } of this.#assemblies.values()) if (peer === from) count++;
    return count >= MOST_OF_PEER;
  }
}

function refused(code: number): Assembled {
  return { kind: 'refused', code };
}
