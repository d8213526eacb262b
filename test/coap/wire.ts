import { CoapEndpoint, type EndpointOptions } from '../../dist/coap/endpoint.js';
import { decodeMessage, type Message } from '../../dist/coap/message.js';
import { type Peer, peerKey } from '../../dist/coap/peer.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import { Prng } from '../../dist/simulate/random/prng.js';

/** How long a datagram takes. */
const DELAY_US = 10_000;

/** A datagram on its way, as tests see it. */
export interface Seen {
  readonly from: Peer;
  readonly to: Peer;
  readonly message: Message;
  readonly atUs: number;
}

/** Endpoints in virtual time, and what they send to each other. */
export class Wire {
  readonly virtual = new VirtualClock();
  readonly clock = new HostClock(this.virtual);
  readonly seen: Seen[] = [];
  /** Whether a datagram is lost; tests replace it. */
  loses: (seen: Seen) => boolean = () => false;
  readonly #prng: Prng;
  readonly #ends = new Map<string, (bytes: Uint8Array, from: Peer) => void>();

  constructor(seed = 'coap') {
    this.#prng = new Prng(seed);
  }

  endpoint(peer: Peer, options: EndpointOptions = {}): CoapEndpoint {
    const randomBytes = (count: number) => this.#prng.fill(new Uint8Array(count));
    const send = (bytes: Uint8Array, to: Peer) => this.deliver(bytes, peer, to);
    const endpoint = new CoapEndpoint({ clock: this.clock, randomBytes, send }, options);
    this.attach(peer, (bytes, from) => endpoint.receive(bytes, from));
    return endpoint;
  }

  /** What takes the datagrams for a peer. */
  attach(peer: Peer, take: (bytes: Uint8Array, from: Peer) => void): void {
    this.#ends.set(peerKey(peer), take);
  }

  deliver(bytes: Uint8Array, from: Peer, to: Peer): void {
    const copy = bytes.slice();
    const seen = { from, to, message: decodeMessage(copy)!, atUs: this.virtual.nowUs };
    this.seen.push(seen);
    if (this.loses(seen)) return;
    this.virtual.at(seen.atUs + DELAY_US, () => this.#ends.get(peerKey(to))?.(copy, from));
  }

  /** Lets time pass until the work is done. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    work.then(over, over);
    await this.virtual.run(this.virtual.nowUs + 3600e6, () => isOver);
    return await work;
  }

  async pass(us: number): Promise<void> {
    await this.virtual.run(this.virtual.nowUs + us);
  }

  /** Types and codes of what was sent, in order: `CON 0.01`. */
  get transcript(): readonly string[] {
    return this.seen.map(({ message: { type, code } }) => `${type} ${code >> 5}.${String(code & 31).padStart(2, '0')}`);
  }
}
