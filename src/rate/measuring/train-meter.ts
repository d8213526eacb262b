import { MAX_TRAIN_LENGTH, MIN_TRAIN_LENGTH } from '../ladder/step-plan.js';

/**
 * Datagrams at the end of a train that are looked at by themselves: a token bucket lets the first datagrams of a train pass at once, and
 * only the last ones at its rate.
 */
const TAIL_LENGTH = 4;
/** If the rate of the end is less than this share of the whole train's, the train began with saved-up tokens. */
const TAIL_RATIO = 0.7;
/** Tokens come evenly: the least distance at the end is at least this share of the greatest. */
const TAIL_EVENNESS = 0.5;

/** Measures how far apart the datagrams of a train arrive. */
export class TrainMeter {
  /** Rate of the last train that ended, in bit/s of whole packets; 0 if none ended since it was cleared. */
  bitsPerSecond = 0;
  #count = 0;
  #bytes = 0;
  #firstUs = 0;
  #lastUs = 0;
  #sequence = 0;
  /** Arrival times of the last datagrams, and the bytes of the train until then. */
  readonly #tailUs = new Float64Array(TAIL_LENGTH);
  readonly #tailBytes = new Float64Array(TAIL_LENGTH);

  /** Takes a datagram of a train. */
  add(sequence: number, wireBytes: number, nowUs: number): void {
    const gap = (sequence - this.#sequence) | 0;
    // With a longer gap these are two trains, or forged.
    if (gap <= 0 || gap > MAX_TRAIN_LENGTH) this.end();
    if (this.#count === 0) {
      this.#firstUs = nowUs;
      this.#bytes = -wireBytes;
    }
    this.#sequence = sequence;
    this.#lastUs = nowUs;
    this.#bytes += wireBytes;
    this.#tailUs[this.#count % TAIL_LENGTH] = nowUs;
    this.#tailBytes[this.#count % TAIL_LENGTH] = this.#bytes;
    this.#count++;
  }

  /**
   * The train, if there is one, is over. Dispersion (Dovrolis, Ramanathan, Moore 2001): all datagrams but the first arrive in the time that
   * the slowest link needs for them. Where the end of the train is a lot slower, the end counts.
   */
  end(): void {
    // One late arrival among three gaps is already a third of the result, so shorter trains are not used.
    if (this.#count >= MIN_TRAIN_LENGTH) {
      const whole = rateOf(this.#bytes, this.#lastUs - this.#firstUs);
      const oldest = this.#count % TAIL_LENGTH;
      const tail = rateOf(this.#bytes - this.#tailBytes[oldest]!, this.#lastUs - this.#tailUs[oldest]!);
      this.bitsPerSecond = tail < TAIL_RATIO * whole && this.#isTailEven(oldest) ? tail : whole;
    }
    this.#count = 0;
  }

  /** Forgets the datagrams of a train that cannot be measured to its end. */
  abandon(): void {
    this.#count = 0;
  }

  /** The rate has been read. */
  clear(): void {
    this.bitsPerSecond = 0;
  }

  /** Whether the last datagrams came at even distances, as from a token bucket, and not in bursts. */
  #isTailEven(oldest: number): boolean {
    let leastUs = Number.POSITIVE_INFINITY;
    let mostUs = 0;
    for (let i = 1; i < TAIL_LENGTH; i++) {
      const gapUs = this.#tailUs[(oldest + i) % TAIL_LENGTH]! - this.#tailUs[(oldest + i - 1) % TAIL_LENGTH]!;
      leastUs = Math.min(leastUs, gapUs);
      mostUs = Math.max(mostUs, gapUs);
    }
    return leastUs >= TAIL_EVENNESS * mostUs;
  }
}

function rateOf(bytes: number, spanUs: number): number {
  return (bytes * 8e6) / Math.max(1, spanUs);
}
