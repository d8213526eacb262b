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

/**
 * Losses of a share of all packets, all of them in bursts of a mean length: a burst ends with the same probability after each of its packets, and how
 * often one begins follows from the share.
 *
 * @param lostRatio at most `mostLostIn(burstPackets)`
 */
export function lossInBursts(lostRatio: number, burstPackets: number): BurstyLoss {
  const badToGoodRatio = 1 / burstPackets;
  return { goodToBadRatio: Math.min(1, (badToGoodRatio * lostRatio) / (1 - lostRatio)), badToGoodRatio };
}

/** The largest share that can be lost in bursts of this mean length, because at least one packet arrives between two bursts. */
export function mostLostIn(burstPackets: number): number {
  return burstPackets / (burstPackets + 1);
}

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
