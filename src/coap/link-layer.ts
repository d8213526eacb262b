import type { Clock } from '../base/ports.js';
import type { CoapCounts } from './bounds.js';
import { encodeMessage, type Message } from './message.js';
import { type Peer, peerKey } from './peer.js';

/**
 * A message id comes again after 65,536 messages, and must not within EXCHANGE_LIFETIME (247 s): one sequence is enough for 265 messages a second. Peers
 * share so many sequences, which are enough for 67,000, in 512 bytes.
 */
const SEQUENCE_COUNT = 256;

/** What an endpoint has of the world. */
export interface CoapWorld {
  readonly clock: Clock;
  /** Bytes that nobody can guess: tokens keep strangers from answering for others. */
  readonly randomBytes: (count: number) => Uint8Array;
  readonly send: (bytes: Uint8Array, peer: Peer) => void;
}

/** The way out of an endpoint: numbers messages, counts them and writes them. */
export class LinkLayer {
  readonly clock: Clock;
  readonly counts: CoapCounts;
  readonly #world: CoapWorld;
  readonly #ids = new Uint16Array(SEQUENCE_COUNT);

  constructor(world: CoapWorld, counts: CoapCounts) {
    this.clock = world.clock;
    this.counts = counts;
    this.#world = world;
    const [high = 0, low = 0] = world.randomBytes(2);
    this.#ids.fill(high * 256 + low);
  }

  /** A message id that this peer has not had for 65,535 messages. */
  nextId(peer: Peer): number {
    const sequence = sequenceOf(peer);
    this.#ids[sequence]!++;
    return this.#ids[sequence]!;
  }

  /** A token of 8 random bytes. */
  newToken(): Uint8Array {
    return this.#world.randomBytes(8);
  }

  /** From 0 to 1, in steps of a 65,536th. */
  random(): number {
    const [high = 0, low = 0] = this.#world.randomBytes(2);
    return (high * 256 + low) / 65_536;
  }

  send(message: Message, peer: Peer): Uint8Array {
    const bytes = encodeMessage(message);
    this.sendBytes(bytes, peer);
    return bytes;
  }

  sendBytes(bytes: Uint8Array, peer: Peer): void {
    this.counts.sent++;
    this.#world.send(bytes, peer);
  }
}

/** The same for each message to a peer (FNV-1a, folded to 8 bits). */
function sequenceOf(peer: Peer): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(peerKey(peer), 'latin1')) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & (SEQUENCE_COUNT - 1);
}
