import type { StepPlan } from './step-plan.js';

/**
 * The rates of a ladder's levels as they arrive on one path, where several servers may send on each channel. Levels count
 * from 1; level 0 is nothing joined.
 */
export class LadderLevels {
  readonly plan: StepPlan;
  readonly count: number;
  /** Whether each level adds a channel to those before (layered), or replaces one channel by another (replicated). */
  readonly isLayered: boolean;
  readonly #packetBits: number;
  #maxRateBitsPerSecond: number;
  readonly #ownRates: readonly number[];
  #rates: readonly number[];

  /**
   * @param rates of one server's channels in bit/s, by channel.
   * @param options.packetBits size of a full packet.
   * @param options.maxRateBitsPerSecond highest rate that may be joined at once.
   */
  constructor(
    plan: StepPlan,
    rates: readonly number[],
    options: {
      readonly packetBits: number;
      readonly isLayered: boolean;
      readonly maxRateBitsPerSecond: number | undefined;
    },
  ) {
    this.plan = plan;
    this.count = rates.length;
    this.#ownRates = rates;
    this.#packetBits = options.packetBits;
    this.isLayered = options.isLayered;
    this.#maxRateBitsPerSecond = options.maxRateBitsPerSecond ?? Number.POSITIVE_INFINITY;
    this.#rates = plan.levelRates;
  }

  /** Sets how many servers send on each channel. A joined channel brings what all of them send. */
  setSenders(countOf: (channel: number) => number): void {
    let sum = 0;
    this.#rates = this.plan.channelOrder.map((channel) => {
      const rate = this.#ownRates[channel]! * countOf(channel);
      sum += rate;
      return this.isLayered ? sum : rate;
    });
  }

  /** Sets the highest rate that may be joined at once, in bit/s. */
  setMax(rateBitsPerSecond: number): void {
    this.#maxRateBitsPerSecond = rateBitsPerSecond;
  }

  /** Rate of a level in bit/s; infinite above the highest level. */
  rateOf(level: number): number {
    if (level < 1) return 0;
    return this.#rates[level - 1] ?? Number.POSITIVE_INFINITY;
  }

  /** Rate of a level as one server sends it, in bit/s. */
  ownRateOf(level: number): number {
    return this.plan.levelRates[level - 1] ?? Number.POSITIVE_INFINITY;
  }

  /** The highest level that fits in a rate; 0 if none does. */
  within(rateBitsPerSecond: number): number {
    let level = 0;
    while (level < this.count && this.rateOf(level + 1) <= rateBitsPerSecond) level++;
    return level;
  }

  /** The highest level below `level` that fits in a rate; level 1 if none does. */
  below(level: number, rateBitsPerSecond: number): number {
    return Math.max(1, Math.min(level - 1, this.within(rateBitsPerSecond)));
  }

  /** Highest rate that may be joined at once, in bit/s; infinite without a limit. */
  get maxRateBitsPerSecond(): number {
    return this.#maxRateBitsPerSecond;
  }

  /** The highest level that may be joined. Level 1 may always be joined. */
  get max(): number {
    if (this.#maxRateBitsPerSecond === Number.POSITIVE_INFINITY) return this.count;
    return Math.max(1, this.within(this.#maxRateBitsPerSecond));
  }

  /** The channel that a level adds (layered) or consists of (replicated); undefined for level 0. */
  newestChannel(level: number): number | undefined {
    return this.plan.channelOrder[level - 1];
  }

  channelsOf(level: number): readonly number[] {
    const { channelOrder } = this.plan;
    if (level < 1) return [];
    return this.isLayered ? channelOrder.slice(0, level) : [channelOrder[level - 1]!];
  }

  /** Time between two datagrams of a level; for level 0 that of level 1. */
  packetUs(level: number): number {
    return (this.#packetBits * 1e6) / this.rateOf(Math.max(1, level));
  }

  /** Time between two datagrams of the level's newest channel. */
  newestIntervalUs(level: number): number {
    const below = this.isLayered ? this.rateOf(level - 1) : 0;
    return (this.#packetBits * 1e6) / Math.max(1, this.rateOf(level) - below);
  }
}
