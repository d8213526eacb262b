import type { Prng } from '../random/prng.js';

/**
 * Loss in bursts (Gilbert 1960, Elliott 1963): a link is either good or bad, and may change between the two with each
 * packet. It stays bad for 1 / `badToGoodRatio` packets on average.
 */
export interface BurstyLoss {
  readonly goodToBadRatio: number;
  readonly badToGoodRatio: number;
  /** @default 0 */
  readonly lossInGoodRatio?: number;
  /** @default 1 */
  readonly lossInBadRatio?: number;
}

/** A share of all packets (0–1), independently of each other, or bursts. */
export type LossOptions = number | BurstyLoss;

/** Decides which packets are lost, one by one in the order in which they are sent. */
export class LossModel {
  readonly #options: LossOptions;
  readonly #prng: Prng;
  #isBad = false;

  constructor(options: LossOptions, prng: Prng) {
    this.#options = options;
    this.#prng = prng;
  }

  loses(): boolean {
    const options = this.#options;
    if (typeof options === 'number') return this.#prng.happens(options);
    const { goodToBadRatio, badToGoodRatio, lossInGoodRatio = 0, lossInBadRatio = 1 } = options;
    if (this.#prng.happens(this.#isBad ? badToGoodRatio : goodToBadRatio)) this.#isBad = !this.#isBad;
    return this.#prng.happens(this.#isBad ? lossInBadRatio : lossInGoodRatio);
  }
}
