/** Datagrams over which the average is taken; loss of a few per cent is known to a quarter of itself. */
const WINDOW_DATAGRAMS = 1000;
/** No radio that anybody would use loses more; a queue that is full from the beginning does. */
const MAX_AMBIENT_LOSS_RATIO = 0.3;
/** Fewer say nothing. */
const MIN_DATAGRAMS = 30;

/** The share of datagrams that is lost though no queue is full: what a radio loses at any rate. */
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

  /** 0–0.3. */
  get ratio(): number {
    return this.#count < MIN_DATAGRAMS ? 0 : Math.min(MAX_AMBIENT_LOSS_RATIO, this.#lostCount / this.#count);
  }
}
