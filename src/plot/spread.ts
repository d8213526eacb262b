/** Which of a fixed number of counters a value belongs to, and what value a counter stands for. */
export interface Buckets {
  readonly of: (value: number) => number;
  readonly value: (bucket: number) => number;
}

/** The distribution of the values of many receivers in one stretch of time. */
export interface SpreadPoint {
  readonly atMs: number;
  /** A tenth of the values is lower than this. */
  readonly low: number;
  readonly median: number;
  /** A tenth of the values is higher than this. */
  readonly high: number;
}

const BUCKET_COUNT = 1024;
/** Most stretches of time; more could not be seen in a band some hundred pixels wide. Counters take 1 MB for each quantity. */
const MAX_STRETCHES = 240;
/** Length of a stretch at the beginning: receivers report at most every half second. */
const FIRST_STRETCH_MS = 500;

/** The first bucket is for values below `least`. The others have equal ratios: 1 % apart over four decades, 2 % over eight. */
export function ratioBuckets(least: number, largest: number): Buckets {
  const step = Math.log(largest / least) / (BUCKET_COUNT - 2);
  const clamp = (bucket: number) => Math.min(BUCKET_COUNT - 1, Math.max(1, bucket));
  return {
    of: (value) => (value < least ? 0 : clamp(1 + Math.round(Math.log(value / least) / step))),
    value: (bucket) => (bucket === 0 ? 0 : least * Math.exp((bucket - 1) * step)),
  };
}

/** Whole numbers from 0. */
export const WHOLE_BUCKETS: Buckets = {
  of: (value) => Math.min(BUCKET_COUNT - 1, Math.max(0, Math.round(value))),
  value: (bucket) => bucket,
};

interface Stretch {
  readonly counts: Uint32Array;
  total: number;
  sumMs: number;
}

/**
 * Median and tenths of one quantity over any number of receivers and any time, in bounded memory. The values of each stretch of
 * time are counted in buckets. If there would be more than `MAX_STRETCHES`, every two neighbouring stretches become one.
 */
export class Spread {
  readonly #buckets: Buckets;
  #stretchMs = FIRST_STRETCH_MS;
  #stretches: (Stretch | undefined)[] = [];

  constructor(buckets: Buckets) {
    this.#buckets = buckets;
  }

  add(atMs: number, value: number): void {
    while (atMs >= this.#stretchMs * MAX_STRETCHES) this.#join();
    const index = Math.floor(atMs / this.#stretchMs);
    this.#stretches[index] ??= { counts: new Uint32Array(BUCKET_COUNT), total: 0, sumMs: 0 };
    const stretch = this.#stretches[index];
    stretch.counts[this.#buckets.of(value)]! += 1;
    stretch.total += 1;
    stretch.sumMs += atMs;
  }

  /** One point for each stretch that has values, in order of time. */
  get points(): readonly SpreadPoint[] {
    return this.#stretches.flatMap((stretch) => (stretch === undefined ? [] : [this.#pointOf(stretch)]));
  }

  #pointOf({ counts, total, sumMs }: Stretch): SpreadPoint {
    // The quantile by the nearest-rank method.
    const at = (share: number) => {
      let [bucket, sum] = [0, counts[0]!];
      while (sum < Math.ceil(share * total)) sum += counts[++bucket]!;
      return this.#buckets.value(bucket);
    };
    return { atMs: sumMs / total, low: at(0.1), median: at(0.5), high: at(0.9) };
  }

  #join(): void {
    const joined: (Stretch | undefined)[] = [];
    for (const [index, stretch] of this.#stretches.entries()) {
      if (stretch === undefined) continue;
      const into = joined[index >> 1];
      if (into === undefined) {
        joined[index >> 1] = stretch;
        continue;
      }
      for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) into.counts[bucket]! += stretch.counts[bucket]!;
      into.total += stretch.total;
      into.sumMs += stretch.sumMs;
    }
    this.#stretches = joined;
    this.#stretchMs *= 2;
  }
}
