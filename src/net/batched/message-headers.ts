import { SOCKET_ADDRESS_BYTES } from '../socket-address.js';
import type { Layout } from './layout.js';

const NAME_WORDS = SOCKET_ADDRESS_BYTES / 4;

/**
 * Headers for `recvmmsg` and `sendmmsg`: an array of struct mmsghdr, with one buffer for the bytes of each message, and if wanted an
 * address and control messages. All lies in one array buffer of JavaScript, which never moves; the headers point into it. The system uses
 * the memory only during a call, so nothing has to be freed.
 */
export class MessageHeaders {
  /** The argument of the calls. */
  readonly bytes: Uint8Array;
  /** The same memory in words, as `nameAt` and `controlAt` count them. */
  readonly words: Uint32Array;
  readonly #layout: Layout;
  readonly #controlBytes: number;
  readonly #vectors: number;
  readonly #names: number;
  readonly #controls: number;

  /**
   * @param count messages of one call
   * @param controlBytes space for control messages of each; 0 for messages without them and without an address
   */
  constructor(layout: Layout, addressOf: (memory: ArrayBufferView) => bigint, count: number, controlBytes: number) {
    const { longWords, messageWords } = layout;
    this.#layout = layout;
    this.#controlBytes = controlBytes;
    this.#vectors = evenly(count * messageWords);
    this.#names = this.#vectors + count * 2 * longWords;
    this.#controls = evenly(this.#names + count * NAME_WORDS);
    this.words = new Uint32Array(this.#controls + (count * controlBytes) / 4);
    this.bytes = new Uint8Array(this.words.buffer);
    const base = addressOf(this.bytes);
    for (let i = 0; i < count; i++) {
      const at = i * messageWords;
      this.#setLong(at + layout.vector, base + BigInt(4 * this.#vectorAt(i)));
      this.#setLong(at + layout.vectorLength, 1n);
      if (controlBytes === 0) continue;
      this.#setLong(at + layout.name, base + BigInt(4 * this.nameAt(i)));
      this.#setLong(at + layout.control, base + BigInt(4 * this.controlAt(i)));
      this.reset(i);
    }
  }

  /** Gives message i the buffer for its bytes. The caller keeps that memory alive. */
  setBuffer(i: number, address: bigint, length: number): void {
    this.#setLong(this.#vectorAt(i), address);
    this.#setLong(this.#vectorAt(i) + this.#layout.longWords, BigInt(length));
  }

  /** Makes message i ready to be received once more. */
  reset(i: number): void {
    const { messageWords, nameLength, controlLength, lowWord } = this.#layout;
    this.words[i * messageWords + nameLength] = SOCKET_ADDRESS_BYTES;
    this.words[i * messageWords + controlLength + lowWord] = this.#controlBytes;
  }

  lengthOf(i: number): number {
    return this.words[i * this.#layout.messageWords + this.#layout.length]!;
  }

  flagsOf(i: number): number {
    return this.words[i * this.#layout.messageWords + this.#layout.flags]!;
  }

  controlLengthOf(i: number): number {
    const { messageWords, controlLength, lowWord } = this.#layout;
    return Math.min(this.words[i * messageWords + controlLength + lowWord]!, this.#controlBytes);
  }

  /** The word at which the control messages of message i begin. */
  controlAt(i: number): number {
    return this.#controls + (i * this.#controlBytes) / 4;
  }

  /** The word at which the struct sockaddr_in6 of message i begins. */
  nameAt(i: number): number {
    return this.#names + i * NAME_WORDS;
  }

  #vectorAt(i: number): number {
    return this.#vectors + i * 2 * this.#layout.longWords;
  }

  #setLong(at: number, value: bigint): void {
    const { longWords, lowWord } = this.#layout;
    this.words[at + lowWord] = Number(value & 0xffffffffn);
    if (longWords === 2) this.words[at + 1 - lowWord] = Number(value >> 32n);
  }
}

/** Structures with pointers begin at multiples of 8 bytes. */
function evenly(words: number): number {
  return words + (words & 1);
}
