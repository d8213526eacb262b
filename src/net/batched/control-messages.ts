import { IPPROTO_UDP, SO_RXQ_OVFL, SO_TIMESTAMPNS, SOL_SOCKET, UDP_GRO } from '../socket-numbers.js';
import type { Layout } from './layout.js';

/** What the system tells beside a datagram (cmsg(3)). Reading allocates nothing. */
export class ControlMessages {
  /** In a buffer of several datagrams: the length of each but the last; 0 without such a message. */
  segmentBytes = 0;
  /** When the datagram arrived, by the clock of `Clock.wallUs`. */
  hasTime = false;
  seconds = 0;
  nanoseconds = 0;
  /** How many buffers the socket had dropped when this one arrived, modulo 2^32; 0 without such a message. */
  droppedTotal = 0;
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /**
   * Reads the messages in `words[start ..]`. A message that does not fit ends the reading, whatever bytes it has.
   *
   * @param length bytes that the system filled in
   */
  read(words: Uint32Array, start: number, length: number): void {
    this.segmentBytes = 0;
    this.hasTime = false;
    this.droppedTotal = 0;
    const { longWords, lowWord, controlHeaderWords } = this.#layout;
    const end = Math.min(start + Math.floor(length / 4), words.length);
    for (let at = start; at + controlHeaderWords <= end; ) {
      const messageBytes = words[at + lowWord]!;
      if (longWords === 2 && words[at + 1 - lowWord] !== 0) return;
      const dataWords = Math.floor(messageBytes / 4) - controlHeaderWords;
      if (dataWords < 0 || at + controlHeaderWords + dataWords > end) return;
      const data = at + controlHeaderWords;
      this.#note(words[data - 2]!, words[data - 1]!, words, data, dataWords);
      at += Math.ceil(messageBytes / (4 * longWords)) * longWords;
    }
  }

  #note(level: number, type: number, words: Uint32Array, data: number, dataWords: number): void {
    const { longWords, lowWord } = this.#layout;
    if (level === IPPROTO_UDP && type === UDP_GRO && dataWords >= 1) {
      this.segmentBytes = words[data]!;
    } else if (level === SOL_SOCKET && type === SO_RXQ_OVFL && dataWords >= 1) {
      this.droppedTotal = words[data]!;
    } else if (level === SOL_SOCKET && type === SO_TIMESTAMPNS && dataWords >= 2 * longWords) {
      this.hasTime = true;
      this.seconds = secondsAt(words, data, this.#layout);
      this.nanoseconds = words[data + longWords + lowWord]!;
    }
  }
}

/** The seconds of a struct timespec of two longs. Where a long has 32 bits, they count modulo 2^32. */
export function secondsAt(words: Uint32Array, at: number, { longWords, lowWord }: Layout): number {
  return longWords === 1 ? words[at]! : words[at + 1 - lowWord]! * 2 ** 32 + words[at + lowWord]!;
}
