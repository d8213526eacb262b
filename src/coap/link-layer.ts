import type { Clock } from '../base/ports.js';
import type { CoapCounts } from './bounds.js';
import { encodeMessage, type Message } from './message.js';
import type { Peer } from './peer.js';

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
  #id: number;

  constructor(world: CoapWorld, counts: CoapCounts) {
    this.clock = world.clock;
    this.counts = counts;
    this.#world = world;
    const [high = 0, low = 0] = world.randomBytes(2);
    this.#id = high * 256 + low;
  }

  /** A message id that was not used for 65,535 messages. */
  nextId(): number {
    this.#id = (this.#id + 1) % 65_536;
    return this.#id;
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
