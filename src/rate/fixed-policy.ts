import { LinkEstimate } from './measuring/link-estimate.js';
import { PathHistory } from './measuring/path-history.js';
import { type LocalReading, type ReadingSums, type StreamReading, sumsOf } from './measuring/readings.js';
import type { ChannelPolicy, Decision, PolicyStatus } from './policy.js';

/** Joins the channels that the user chose and never changes them. It measures only for the status. */
export class FixedPolicy implements ChannelPolicy {
  readonly #channels: readonly number[];
  readonly #rateBitsPerSecond: number;
  readonly #history = new PathHistory();
  readonly #link = new LinkEstimate();

  /** @param rates of the ladder's channels, bit/s. */
  constructor(channels: readonly number[], rates: readonly number[]) {
    this.#channels = channels;
    this.#rateBitsPerSecond = channels.reduce((sum, channel) => sum + (rates[channel] ?? 0), 0);
  }

  get status(): PolicyStatus {
    return {
      levelRateBitsPerSecond: this.#rateBitsPerSecond,
      queueUs: this.#history.standingQueueUs,
      capacityBitsPerSecond: this.#link.capacityBitsPerSecond,
    };
  }

  /** Nothing that arrives changes the channels. */
  get isTimed(): boolean {
    return false;
  }

  start(): readonly Decision[] {
    return this.#channels.map((channel) => ({
      action: 'join',
      channel,
      server: undefined,
      reason: 'chosen by the user',
    }));
  }

  tick(
    nowUs: number,
    readings: readonly StreamReading[],
    local: LocalReading,
    sums: ReadingSums = sumsOf(readings),
  ): readonly Decision[] {
    this.#history.add(nowUs, sums, local);
    this.#link.note(nowUs, sums);
    return [];
  }
}
