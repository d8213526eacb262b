import type { StepPlan } from './step-plan.js';

/** The levels of a ladder as they come on one path: with what every server there adds to them. Level 0 is nothing. */
export class LadderLevels {
  readonly plan: StepPlan;
  readonly count: number;
  /** Whether levels add channels up, instead of exchanging one for another. */
  readonly isLayered: boolean;
  readonly #packetBits: number;
  #maxRateBitsPerSecond: number;
  readonly #ownRates: readonly number[];
  #rates: readonly number[];

  /**
   * @param rates of one server's channels in bit/s, by channel.
   * @param packetBits of a full packet.
   * @param maxRateBitsPerSecond most that may be joined at once.
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

  /** Says how many servers send on each channel: a channel brings what all of them send. */
  setSenders(countOf: (channel: number) => number): void {
    let sum = 0;
    this.#rates = this.plan.channelOrder.map((channel) => {
      const rate = this.#ownRates[channel]! * countOf(channel);
      sum += rate;
      return this.isLayered ? sum : rate;
    });
  }

  /** Changes the most that may be joined at once, in bit/s. */
  setMax(rateBitsPerSecond: number): void {
    this.#maxRateBitsPerSecond = rateBitsPerSecond;
  }

  /** In bit/s; infinite above the highest. */
  rateOf(level: number): number {
    if (level < 1) return 0;
    return this.#rates[level - 1] ?? Number.POSITIVE_INFINITY;
  }

  /** What one server sends of it, in bit/s. */
  ownRateOf(level: number): number {
    return this.plan.levelRates[level - 1] ?? Number.POSITIVE_INFINITY;
  }

  /** The highest level within a rate; 0 for none. */
  within(rateBitsPerSecond: number): number {
    let level = 0;
    while (level < this.count && this.rateOf(level + 1) <= rateBitsPerSecond) level++;
    return level;
  }

  /** The highest within a rate that is less than a level; the lowest if none is. */
  below(level: number, rateBitsPerSecond: number): number {
    return Math.max(1, Math.min(level - 1, this.within(rateBitsPerSecond)));
  }

  /** The highest that may be joined; the lowest always may. */
  get max(): number {
    return Math.max(1, this.within(this.#maxRateBitsPerSecond));
  }

  /** The channel that a level adds or is; undefined for level 0. */
  newestChannel(level: number): number | undefined {
    return this.plan.channelOrder[level - 1];
  }

  channelsOf(level: number): readonly number[] {
    const { channelOrder } = this.plan;
    if (level < 1) return [];
    return this.isLayered ? channelOrder.slice(0, level) : [channelOrder[level - 1]!];
  }

  /** Between two datagrams of a level; of the lowest for level 0. */
  packetUs(level: number): number {
    return (this.#packetBits * 1e6) / this.rateOf(Math.max(1, level));
  }

  /** Between two datagrams of the channel that a level adds or is. */
  newestIntervalUs(level: number): number {
    const below = this.isLayered ? this.rateOf(level - 1) : 0;
    return (this.#packetBits * 1e6) / Math.max(1, this.rateOf(level) - below);
  }
}
