/** RFC 8289, section 5: a queue that was bad less than this many intervals ago is resumed at nearly the rate of dropping it had. */
const MEMORY_INTERVALS = 16;

/** A queue, as CoDel looks at it. */
export interface TimedQueue<Item> {
  /** Bytes that wait. */
  readonly bytes: number;
  /** Takes the first out, with the time at which it came; undefined if none waits. */
  shift(): { readonly item: Item; readonly enqueuedUs: number } | undefined;
}

export interface CoDelOptions {
  /** A delay that a queue may have all the time. */
  readonly targetUs: number;
  /** For how long the delay must be above the target before the first packet is dropped; about the longest round trip. */
  readonly intervalUs: number;
  /** A queue of no more than one packet of this size is never bad. */
  readonly maxPacketBytes: number;
}

/**
 * CoDel (RFC 8289, section 5, whose names are used): drops a packet when the least delay of an interval was above the target, and
 * then more and more often, in proportion to the square root of the number of drops, until it is not. One for each queue.
 */
export class CoDel<Item> {
  droppedCount = 0;
  readonly #options: CoDelOptions;
  /** When the delay will have been above the target for an interval; undefined if it is below. */
  #firstAboveUs: number | undefined;
  #isDropping = false;
  #dropNextUs = 0;
  #count = 0;
  #lastCount = 0;

  constructor(options: CoDelOptions) {
    this.#options = options;
  }

  /** Takes out the next packet that leaves, and gives up those before it that are dropped. Undefined if none is left. */
  dequeue(queue: TimedQueue<Item>, nowUs: number): Item | undefined {
    let next = this.#next(queue, nowUs);
    if (this.#isDropping) {
      if (!next.mayDrop) this.#isDropping = false;
      while (this.#isDropping && nowUs >= this.#dropNextUs) {
        this.droppedCount++;
        this.#count++;
        next = this.#next(queue, nowUs);
        if (next.mayDrop) this.#dropNextUs = this.#controlLaw(this.#dropNextUs);
        else this.#isDropping = false;
      }
    } else if (next.mayDrop) {
      this.droppedCount++;
      next = this.#next(queue, nowUs);
      this.#isDropping = true;
      const delta = this.#count - this.#lastCount;
      const isRecent = nowUs - this.#dropNextUs < MEMORY_INTERVALS * this.#options.intervalUs;
      this.#count = delta > 1 && isRecent ? delta : 1;
      this.#dropNextUs = this.#controlLaw(nowUs);
      this.#lastCount = this.#count;
    }
    return next.item;
  }

  #controlLaw(us: number): number {
    return us + this.#options.intervalUs / Math.sqrt(this.#count);
  }

  #next(queue: TimedQueue<Item>, nowUs: number): { readonly item: Item | undefined; readonly mayDrop: boolean } {
    const { targetUs, intervalUs, maxPacketBytes } = this.#options;
    const first = queue.shift();
    if (first === undefined || nowUs - first.enqueuedUs < targetUs || queue.bytes <= maxPacketBytes) {
      this.#firstAboveUs = undefined;
      return { item: first?.item, mayDrop: false };
    }
    const mayDrop = this.#firstAboveUs !== undefined && nowUs >= this.#firstAboveUs;
    this.#firstAboveUs ??= nowUs + intervalUs;
    return { item: first.item, mayDrop };
  }
}
