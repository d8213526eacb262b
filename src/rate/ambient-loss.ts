/** Datagrams over which the average is taken; loss of a few per cent is known to a quarter of itself. */
const WINDOW = 1000;
/** Fewer say nothing. */
const MIN_COUNT = 30;

/** The share of datagrams that is lost though no queue is full: what a radio loses at any rate. */
export class AmbientLoss {
  #count = 0;
  #lostCount = 0;

  add(receivedCount: number, lostCount: number): void {
    this.#count += receivedCount + lostCount;
    this.#lostCount += lostCount;
    if (this.#count <= WINDOW) return;
    this.#lostCount *= WINDOW / this.#count;
    this.#count = WINDOW;
  }

  /** Loss that goes on at every level is no sign of too much: from now on it is expected. */
  assume(ratio: number): void {
    this.#count = WINDOW;
    this.#lostCount = ratio * WINDOW;
  }

  /** 0–1. */
  get ratio(): number {
    return this.#count < MIN_COUNT ? 0 : this.#lostCount / this.#count;
  }
}
