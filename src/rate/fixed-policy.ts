import type { ChannelPolicy, Decision, PolicyStatus } from './policy.js';

/** Joins the channels that somebody picked, and stays there whatever comes. */
export class FixedPolicy implements ChannelPolicy {
  readonly status: PolicyStatus;
  readonly #channels: readonly number[];

  /** @param rates of the ladder's channels, bit/s. */
  constructor(channels: readonly number[], rates: readonly number[]) {
    this.#channels = channels;
    this.status = {
      levelRateBitsPerSecond: channels.reduce((sum, channel) => sum + (rates[channel] ?? 0), 0),
      queueUs: 0,
      capacityBitsPerSecond: undefined,
    };
  }

  start(): readonly Decision[] {
    return this.#channels.map((channel) => ({ action: 'join', channel, server: undefined, reason: 'picked by hand' }));
  }

  tick(): readonly Decision[] {
    return [];
  }
}
