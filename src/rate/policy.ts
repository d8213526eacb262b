import type { LocalReading, ReadingSums, StreamReading } from './measuring/readings.js';

/**
 * The numbers that a decision compared, by what they are, with the unit at the end of the name: a measured one (`lossRatio`) beside the bound
 * that it crossed or kept (`mostLossRatio`, `leastShareRatio`). All are finite.
 */
export type Compared = Readonly<Record<string, number>>;

/** A level to go to, and the reason in words for people. */
export interface Step {
  readonly level: number;
  readonly why: string;
  readonly compared?: Compared;
}

/** The level that a receiver is to be on from now on, and the reason. */
export interface Move {
  readonly level: number;
  readonly reason: string;
  readonly compared?: Compared | undefined;
}

/** A channel to join or leave, and the reason in words for people. */
export interface Decision {
  readonly action: 'join' | 'leave';
  readonly channel: number;
  /** Index of the server whose datagrams to join (source-specific); undefined for all servers. */
  readonly server: number | undefined;
  readonly reason: string;
  /** What the reason compared, for programs; undefined if it compared nothing. */
  readonly compared?: Compared | undefined;
}

/** What a policy has measured, for people and logs. */
export interface PolicyStatus {
  /** Nominal rate of the channels that are joined or being joined, in bit/s. */
  readonly levelRateBitsPerSecond: number;
  /** Standing queue of the path. */
  readonly queueUs: number;
  /** What the slowest link is taken to carry, in bit/s, after failures, too; undefined until a train has arrived. */
  readonly capacityBitsPerSecond: number | undefined;
}

/** Chooses channels. It has no clock and no socket; the caller passes the time and the readings. */
export interface ChannelPolicy {
  /** Joins to begin with, or to begin again with after everything has been left. */
  start(nowUs: number): readonly Decision[];
  /**
   * Decides what to change from the readings since the last call; to be called every 50 ms.
   *
   * @param readings of the streams of joined channels.
   * @param sums of these readings, from callers that have them already.
   */
  tick(nowUs: number, readings: readonly StreamReading[], local: LocalReading, sums?: ReadingSums): readonly Decision[];
  readonly status: PolicyStatus;
  /**
   * Whether a train or a preview could change a decision now, so that each datagram needs its own time of arrival. The network may
   * otherwise hand over several datagrams with one time, which costs less.
   */
  readonly isTimed: boolean;
}
