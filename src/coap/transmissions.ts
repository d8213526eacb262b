import { Code } from './code.js';
import type { LinkLayer } from './link-layer.js';
import { encodeMessage, type Message, withId } from './message.js';
import { type Peer, peerKey } from './peer.js';
import { CoapFault } from './request.js';

/** RFC 7252, section 4.8: ACK_TIMEOUT, ACK_RANDOM_FACTOR and MAX_RETRANSMIT. */
const ACK_TIMEOUT_US = 2_000_000;
const ACK_RANDOM_FACTOR = 1.5;
const MAX_RETRANSMIT = 4;
/** Most messages that wait for one peer, so that one that answers nothing does not take the places of all. A peer has some observations and a request. */
const MOST_OF_PEER = 64;

/** A confirmable message, without the id that it gets when it is sent. */
export type Content = Pick<Message, 'code' | 'token' | 'options' | 'payload'>;

/** Hears how a message has ended; one of these is called, once. */
export interface TransmissionCallbacks {
  /** The message was acknowledged, by an empty message or by the response itself. */
  onAcknowledged(message: Message): void;
  onReset(): void;
  /** The message, or the one before it to the same peer, was sent five times and never acknowledged. */
  onTimeout(): void;
}

interface Transmission {
  readonly peer: Peer;
  readonly content: Content;
  readonly callbacks: TransmissionCallbacks;
  /** The message; without its id until it is sent. */
  readonly bytes: Uint8Array;
  id: number | undefined;
  sentCount: number;
  timeoutUs: number;
  cancelTimer: () => void;
}

/**
 * Sends confirmable messages until they are acknowledged (RFC 7252, section 4.2). One message at a time is under way to a peer (NSTART = 1), the
 * others wait for their turn: that is all the congestion control that CoAP has. A peer that acknowledges none of five copies is not there: what waits for
 * it ends, too.
 */
export class Transmissions {
  readonly #link: LinkLayer;
  readonly #mostCount: number;
  /** For each peer, the first is under way. */
  readonly #queues = new Map<string, Transmission[]>();
  #count = 0;

  constructor(link: LinkLayer, mostCount: number) {
    this.#link = link;
    this.#mostCount = mostCount;
  }

  /**
   * @returns a function that gives the message up, after which none of the callbacks is called; undefined if too many messages wait
   * @throws {CoapFault} `unfit`
   */
  send(peer: Peer, content: Content, callbacks: TransmissionCallbacks): (() => void) | undefined {
    if (this.#count >= this.#mostCount) return undefined;
    const key = peerKey(peer);
    const queue = this.#queues.get(key) ?? [];
    if (queue.length >= MOST_OF_PEER) return undefined;
    const bytes = bytesOf(content);
    this.#queues.set(key, queue);
    const timeoutUs = ACK_TIMEOUT_US * (1 + this.#link.random() * (ACK_RANDOM_FACTOR - 1));
    const none = () => undefined;
    const one = {
      peer,
      content,
      callbacks,
      bytes,
      id: undefined,
      sentCount: 0,
      timeoutUs,
      cancelTimer: none,
    };
    queue.push(one);
    this.#count++;
    if (queue.length === 1) this.#begin(one);
    return () => this.#remove(one);
  }

  /** An acknowledgement or a reset has come. Message ids can be guessed: a response with another token, which cannot, ends nothing. */
  settle(peer: Peer, message: Message): void {
    const one = this.#queues.get(peerKey(peer))?.[0];
    if (one === undefined || one.id !== message.id || !isOf(one.content, message)) {
      this.#link.counts.stray++;
      return;
    }
    this.#remove(one);
    if (message.type === 'RST') one.callbacks.onReset();
    else one.callbacks.onAcknowledged(message);
  }

  close(): void {
    for (const queue of this.#queues.values()) for (const one of queue) one.cancelTimer();
    this.#queues.clear();
    this.#count = 0;
  }

  #begin(one: Transmission): void {
    one.id = this.#link.nextId(one.peer);
    withId(one.bytes, one.id);
    this.#link.sendBytes(one.bytes, one.peer);
    this.#await(one);
  }

  #await(one: Transmission): void {
    one.sentCount++;
    const { clock } = this.#link;
    one.cancelTimer = clock.schedule(clock.nowUs() + one.timeoutUs, () => this.#again(one));
    one.timeoutUs *= 2;
  }

  #again(one: Transmission): void {
    if (one.sentCount <= MAX_RETRANSMIT) {
      this.#link.counts.retransmitted++;
      this.#link.sendBytes(one.bytes, one.peer);
      this.#await(one);
      return;
    }
    this.#link.counts.unacknowledged++;
    const key = peerKey(one.peer);
    const waiting = this.#queues.get(key) ?? [];
    this.#queues.delete(key);
    this.#count -= waiting.length;
    for (const { callbacks } of waiting) callbacks.onTimeout();
  }

  #remove(one: Transmission): void {
    const key = peerKey(one.peer);
    const queue = this.#queues.get(key);
    const index = queue?.indexOf(one) ?? -1;
    if (queue === undefined || index < 0) return;
    one.cancelTimer();
    queue.splice(index, 1);
    this.#count--;
    if (queue.length === 0) this.#queues.delete(key);
    else if (index === 0) this.#begin(queue[0]!);
  }
}

/** @throws {CoapFault} `unfit` */
function bytesOf(content: Content): Uint8Array {
  try {
    return encodeMessage({ type: 'CON', id: 0, ...content });
  } catch {
    throw new CoapFault('unfit');
  }
}

/** Whether an acknowledgement is empty, or answers just this message. */
function isOf({ token }: Content, { code, token: answered }: Message): boolean {
  return code === Code.empty || Buffer.compare(token, answered) === 0;
}
