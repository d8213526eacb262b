import type { AmbientLoss } from '../../dist/rate/measuring/ambient-loss.js';
import type { Prng } from '../../dist/simulate/random/prng.js';

export const TICK_US = 50_000;

/** A reading of the lowest level: it has nothing below it, so its losses are ambient at once. */
export function addLowest(ambient: AmbientLoss, receivedCount: number, lostCount: number, nowUs = 0): void {
  ambient.add(nowUs, receivedCount, lostCount);
  ambient.settle();
}

/** Losses among some datagrams: Gilbert's link, which is good or bad for `burstLength` datagrams in the mean. */
export function lossesOf(prng: Prng, ratio: number, burstLength: number): (count: number) => number {
  let isBad = false;
  const toGood = 1 / burstLength;
  const toBad = (ratio * toGood) / (1 - ratio);
  return (count) => {
    let lostCount = 0;
    for (let i = 0; i < count; i++) {
      isBad = burstLength === 1 ? prng.happens(ratio) : isBad ? !prng.happens(toGood) : prng.happens(toBad);
      if (isBad) lostCount++;
    }
    return lostCount;
  };
}
