import type { SendBatch } from '../ports.js';
import { Pacer } from '../rate/pacer.js';
import { type DepartureMarks, stampHeader } from '../wire/header.js';
import { type DatagramSource, Slab } from './slab.js';

/** How far ahead datagrams are made: long enough for a disk read on a busy host, short enough to keep slabs small. */
const AHEAD_US = 20_000;
/** One slab's bounds in datagrams. 1024 of 1232 bytes are 1.3 MB: at full speed some 200 reads a second. */
const MIN_SLAB = 4;
const MAX_SLAB = 1024;

/** How many datagrams leave in one go at most; a burst this long (79 kB) is 6 ms at 100 Mbit/s, and one system call. */
const MAX_BURST = 64;

/**
 * One channel of one server: says how many datagrams are due, stamps them, and keeps two slabs, one leaving while the other
 * is being filled.
 */
export class SenderChannel {
  readonly pacer: Pacer;
  /** Datagrams that left; modulo 2^32 and from the random first number, the sequence. */
  sentCount = 0;
  sentBytes = 0;
  readonly #source: DatagramSource;
  readonly #firstSequence: number;
  #front: Slab;
  #back: Slab;
  #leftCount = 0;
  #backReady = false;
  readonly #batch: MutableBatch;
  readonly #marks = { sequence: 0, sendTimeUs: 0, slot: 0, stepLevel: 0, flags: 0 } satisfies DepartureMarks;

  /**
   * @param firstSequence random, so that receivers notice a server that started anew.
   */
  constructor(source: DatagramSource, intervalUs: number, startUs: number, firstSequence: number) {
    this.pacer = new Pacer(intervalUs, startUs);
    this.#source = source;
    this.#firstSequence = firstSequence;
    const capacity = Math.min(MAX_SLAB, Math.max(MIN_SLAB, Math.ceil(AHEAD_US / intervalUs)));
    this.#front = new Slab(capacity, source.maxDatagramBytes);
    this.#back = new Slab(capacity, source.maxDatagramBytes);
    this.#batch = {
      bytes: this.#front.bytes,
      strideBytes: this.#front.strideBytes,
      lengths: this.#front.lengths,
      count: 0,
    };
  }

  /** Prepares the next slab; its payloads are to be read into it, then `filled` to be called. */
  refill(): Slab {
    this.#source.prepare(this.#back);
    return this.#back;
  }

  filled(): void {
    this.#backReady = true;
  }

  /** Whether a slab waits to be prepared. */
  get wantsRefill(): boolean {
    return !this.#backReady;
  }

  /** Whether datagrams are at hand; if not, the disk is late and the channel waits for it. */
  get hasDatagrams(): boolean {
    return this.#leftCount < this.#front.count || this.#backReady;
  }

  /**
   * The datagrams to send now, stamped; undefined when none are due or at hand. The batch is reused: the next call comes
   * after the network has taken it.
   */
  take(nowUs: number, slot: number): SendBatch | undefined {
    const due = this.pacer.due(nowUs);
    if (due === 0 || !this.hasDatagrams) return undefined;
    if (this.#leftCount === this.#front.count) this.#swap();
    const front = this.#front;
    const count = Math.min(due, front.count - this.#leftCount, MAX_BURST);
    this.#marks.sendTimeUs = nowUs % 2 ** 32;
    this.#marks.slot = slot;
    for (let i = 0; i < count; i++) {
      this.#marks.sequence = (this.#firstSequence + this.sentCount + i) % 2 ** 32;
      stampHeader(this.#marks, front.bytes, (this.#leftCount + i) * front.strideBytes);
    }
    this.#batch.bytes = front.bytes.subarray(this.#leftCount * front.strideBytes);
    this.#batch.lengths = front.lengths.subarray(this.#leftCount);
    this.#batch.count = count;
    this.#leftCount += count;
    this.#count(count);
    this.pacer.sent(count, nowUs);
    return this.#batch;
  }

  #count(count: number): void {
    this.sentCount += count;
    for (let i = 0; i < count; i++) this.sentBytes += this.#batch.lengths[i]!;
  }

  #swap(): void {
    const empty = this.#front;
    this.#front = this.#back;
    this.#back = empty;
    this.#leftCount = 0;
    this.#backReady = false;
  }
}

type MutableBatch = { -readonly [Key in keyof SendBatch]: SendBatch[Key] };
