import type { LocalReading, StreamReading } from './readings.js';

/** What a receiver should do about a channel, and why, in words for people. */
export interface Decision {
  readonly action: 'join' | 'leave';
  readonly channel: number;
  /** Index of the server whose datagrams alone are wanted; undefined for all servers' of the channel. */
  readonly server: number | undefined;
  readonly reason: string;
}

/** How a policy sees things, for people and logs. */
export interface PolicyStatus {
  /** What is joined, or being joined, in bit/s by the ladder. */
  readonly levelRateBitsPerSecond: number;
  /** What stands in the path's queues. */
  readonly queueUs: number;
  /** What the slowest link seems to carry; undefined until it has been measured. */
  readonly capacityBitsPerSecond: number | undefined;
}

/** Chooses channels. Knows no clock and no socket: it is told the time and what was heard. */
export interface ChannelPolicy {
  /** Joins to begin with, or to begin again after everything has been left. */
  start(nowUs: number): readonly Decision[];
  /**
   * What to change, from what has come since the last call; to be called every 50 ms.
   *
   * @param readings of the streams of joined channels.
   */
  tick(nowUs: number, readings: readonly StreamReading[], local: LocalReading): readonly Decision[];
  readonly status: PolicyStatus;
}
