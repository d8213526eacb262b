/**
 * Datagrams over which the average is taken. With this many, a loss of a few per cent is known to within a quarter of its
 * value.
 */
const WINDOW_DATAGRAMS = 1000;
/** Usable radio links lose less than this. A higher loss comes from a queue that was full from the beginning. */
const MAX_AMBIENT_LOSS_RATIO = 0.3;
/** Fewer datagrams than this give no estimate. */
const MIN_DATAGRAMS = 30;

/** The share of datagrams that is lost although no queue is full, as on a radio link, which loses at any rate. */
export class AmbientLoss {
  #count = 0;
  #lostCount = 0;

  add(receivedCount: number, lostCount: number): void {
    this.#count += receivedCount + lostCount;
    this.#lostCount += lostCount;
    if (this.#count <= WINDOW_DATAGRAMS) return;
    this.#lostCount *= WINDOW_DATAGRAMS / this.#count;
    this.#count = WINDOW_DATAGRAMS;
  }

  /** The estimate, from 0 to 0.3. */
  get ratio(): number {
    return this.#count < MIN_DATAGRAMS ? 0 : Math.min(MAX_AMBIENT_LOSS_RATIO, this.#lostCount / this.#count);
  }
}
