import { layersOf, thirdsLevels } from '../../dist/rate/ladder/ladder.js';
import { Prng } from '../../dist/simulate/random/prng.js';

/** Queues that links have, ms at their rate. */
const QUEUES_MS = [20, 100, 500] as const;
/** MLDv2's defaults, and fast leave. */
const LEAVES_MS = [2000, 100] as const;

/** The generated ladder: 25 levels from 0.5 to 128 Mbit/s. */
export const LEVELS = thirdsLevels(0.5e6, 128e6);
export const LAYERS = layersOf(LEVELS);

/** The random choices of one seed in a row. They do not depend on the parts that are switched off. */
export class Draw {
  readonly prng: Prng;
  /** Of the seed. */
  readonly number: number;

  constructor(row: string, seed: number) {
    this.prng = new Prng(`rate ${row} ${seed}`);
    this.number = seed;
  }

  /** A random rate, uniform in the logarithm, in whole bit/s. */
  rate(from: number, to: number): number {
    return Math.round(from * (to / from) ** this.prng.ratio());
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.prng.ratio();
  }

  /**
   * One of some choices, in turn from seed to seed, so that every one comes equally often.
   * @param stride for how many seeds it stays the same: the number of combinations of all choices drawn before.
   */
  turn<Choice>(choices: readonly Choice[], stride = 1): Choice {
    return choices[Math.floor((this.number - 1) / stride) % choices.length]!;
  }

  /** Queues and leave latencies in all six combinations. */
  path(stride = 1): { readonly queueMs: number; readonly leaveLatencyMs: number } {
    const queueMs = this.turn(QUEUES_MS, stride);
    return { queueMs, leaveLatencyMs: this.turn(LEAVES_MS, QUEUES_MS.length * stride) };
  }
}

/** The highest of some levels that fits in a rate; the lowest if none does, because receivers never have less. */
export function bestOf(levels: readonly number[], rateBitsPerSecond: number): number {
  return Math.max(levels[0]!, ...levels.filter((level) => level <= rateBitsPerSecond));
}

export function mbit(bitsPerSecond: number): string {
  return `${(bitsPerSecond / 1e6).toPrecision(3)} Mbit/s`;
}
