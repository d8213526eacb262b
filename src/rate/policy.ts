/** What a receiver should do about a channel, and why, in words for people. */
export interface Decision {
  readonly action: 'join' | 'leave';
  readonly channel: number;
  readonly reason: string;
}

/** Chooses channels. Knows no clock and no socket: it is told the time and what was heard. */
export interface ChannelPolicy {
  /** Joins to begin with. */
  start(nowUs: number): readonly Decision[];
}

export interface PolicyOptions {
  /** The ladder's rates in bit/s, in the order of the channels. */
  readonly rates: readonly number[];
  /** How the ladder is meant: cumulative levels, or one channel complete in itself. */
  readonly ladderMode: 'several' | 'best';
  /** What the user asked for; `auto` follows the ladder. */
  readonly mode: 'auto' | 'best' | 'several';
  /** Exactly these channels, picked by hand. */
  readonly channels: readonly number[] | undefined;
  /** Most that may be joined at once, bit/s. */
  readonly maxRateBitsPerSecond: number | undefined;
}

/**
 * The plain policy, which measures nothing: it joins what the user picked, or all of a layered ladder, or the fastest channel
 * of a replicated one, as far as `maxRateBitsPerSecond` allows, and stays there. The lowest channel is always taken, because
 * less than that is nothing.
 */
export class PlainPolicy implements ChannelPolicy {
  readonly #options: PolicyOptions;

  constructor(options: PolicyOptions) {
    this.#options = options;
  }

  start(_nowUs: number): readonly Decision[] {
    const { channels, mode, ladderMode } = this.#options;
    if (channels !== undefined) return channels.map((channel) => join(channel, 'picked by hand'));
    const several = (mode === 'auto' ? ladderMode : mode) === 'several';
    return several ? this.#layers() : [this.#best()];
  }

  #layers(): readonly Decision[] {
    const { rates, maxRateBitsPerSecond: max = Number.POSITIVE_INFINITY } = this.#options;
    let count = 0;
    for (let sum = 0; count < rates.length; count++) {
      sum += rates[count]!;
      if (sum > max && count > 0) break;
    }
    return Array.from({ length: count }, (_, channel) => join(channel, `layer ${channel + 1} of ${rates.length}`));
  }

  #best(): Decision {
    const { rates, maxRateBitsPerSecond: max = Number.POSITIVE_INFINITY } = this.#options;
    let best = -1;
    let slowest = 0;
    for (const [channel, rate] of rates.entries()) {
      if (rate <= max && (best < 0 || rate > rates[best]!)) best = channel;
      if (rate < rates[slowest]!) slowest = channel;
    }
    if (best < 0) return join(slowest, 'the slowest channel; none is within the highest rate allowed');
    return join(best, max === Number.POSITIVE_INFINITY ? 'the fastest channel' : 'the fastest channel allowed');
  }
}

function join(channel: number, reason: string): Decision {
  return { action: 'join', channel, reason };
}
