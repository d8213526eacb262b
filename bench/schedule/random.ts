/** Numbers from 0 up to 1, the same for the same seed (mulberry32 by T. Ettinger, public domain; passes gjrand's tests). */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One seed from several numbers, so that every run of a grid has its own (FNV-1a over words). */
export function seedOf(...parts: readonly number[]): number {
  return parts.reduce((hash, part) => Math.imul(hash ^ (part >>> 0), 0x01000193) ^ (hash >>> 15), 0x811c9dc5) >>> 0;
}

/** Decides for one datagram after the other whether it is lost. */
export type Loss = () => boolean;

export function independentLoss(lossRatio: number, random: Random): Loss {
  return lossRatio === 0 ? () => false : () => random() < lossRatio;
}

/** Losses in bursts of 1 to `maxBurst` datagrams, each length equally likely, with gaps that give the ratio. */
export function burstLoss(lossRatio: number, maxBurst: number, random: Random): Loss {
  const meanGap = (((1 + maxBurst) / 2) * (1 - lossRatio)) / lossRatio;
  const gap = () => Math.ceil(-Math.log(1 - random()) * meanGap);
  let gapLeft = gap();
  let burstLeft = 0;
  return () => {
    if (burstLeft === 0 && gapLeft === 0) {
      burstLeft = 1 + Math.floor(random() * maxBurst);
      gapLeft = gap();
    }
    if (burstLeft > 0) {
      burstLeft--;
      return true;
    }
    gapLeft--;
    return false;
  };
}
