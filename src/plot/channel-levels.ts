import type { Described } from './transfer-event.js';

/**
 * The level that each channel of a ladder adds (layered) or is (replicated). Until a `descriptor` event describes the ladder, it
 * counts as layered.
 */
export class ChannelLevels {
  #levels: readonly number[] = [];

  /** Levels of a layered ladder go by the indexes of channels, those of a replicated one by the rates. */
  describe({ mode, channels = [] }: Described): void {
    if (mode !== 'best') return;
    const slowestFirst = channels
      .map(({ intervalUs }, channel) => ({ intervalUs, channel }))
      .sort((a, b) => b.intervalUs - a.intervalUs)
      .map(({ channel }) => channel);
    this.#levels = channels.map((_, channel) => slowestFirst.indexOf(channel) + 1);
  }

  /** The level of a channel, from 1. */
  levelOf(channel: number): number {
    return this.#levels[channel] ?? channel + 1;
  }

  /** The channel that a level, from 1, adds or is. */
  channelOf(level: number): number {
    const channel = this.#levels.indexOf(level);
    return channel < 0 ? level - 1 : channel;
  }
}
