/**
 * Clocks of crystals drift by up to 100 millionths, 6 ms in this time; a queue that never empties for longer than this is
 * taken for the path's own delay.
 */
const WINDOW_US = 60e6;
const BUCKETS = 6;

/** The lower envelope of one server's delays: what is above it waits in queues. */
export class DelayFloor {
  readonly #minima = new Float64Array(BUCKETS).fill(Number.POSITIVE_INFINITY);
  #originUs = 0;
  #epoch = -1;
  #bucket = 0;
  #bucketUs = 0;

  /**
   * Takes the least delay of a reading and returns how far it is above the floor, in µs.
   *
   * @param delayUs modulo 2^32, as in `StreamReading`.
   * @param epoch begins anew when this changes: the server has another clock.
   */
  above(nowUs: number, delayUs: number, epoch: number): number {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#originUs = delayUs;
      this.#minima.fill(Number.POSITIVE_INFINITY);
      this.#bucketUs = nowUs;
    }
    while (nowUs - this.#bucketUs >= WINDOW_US / BUCKETS) {
      this.#bucketUs = Math.max(this.#bucketUs + WINDOW_US / BUCKETS, nowUs - WINDOW_US);
      this.#bucket = (this.#bucket + 1) % BUCKETS;
      this.#minima[this.#bucket] = Number.POSITIVE_INFINITY;
    }
    const relativeUs = (delayUs - this.#originUs) | 0;
    this.#minima[this.#bucket] = Math.min(this.#minima[this.#bucket]!, relativeUs);
    let floorUs = relativeUs;
    for (let bucket = 0; bucket < BUCKETS; bucket++) floorUs = Math.min(floorUs, this.#minima[bucket]!);
    return relativeUs - floorUs;
  }
}
