/**
 * What one stream (one channel of one server) brought since it was last read. Delays are differences of two clocks, modulo
 * 2^32 µs, so delays of different servers cannot be compared.
 */
export interface StreamReading {
  readonly serverIndex: number;
  readonly channelIndex: number;
  readonly receivedCount: number;
  /** Gaps in the sequence that have stayed open for a reading or longer. */
  readonly lostCount: number;
  /**
   * Those of the lost that were missing in or before trains and previews, which are bursts that other senders do not send.
   */
  readonly burstLostCount: number;
  /** Those of the received that brought nothing new. */
  readonly duplicateCount: number;
  /** Whole IPv6 packets. */
  readonly wireBytes: number;
  /** Counts restarts of the server, which gives its datagrams another clock. */
  readonly epoch: number;
  /**
   * When the first datagram arrived after the join; ∞ before that, −∞ if the channel may have been arriving all the time.
   */
  readonly sinceUs: number;
  /** Least of arrival time − send time; meaningless if nothing was received. */
  readonly minDelayUs: number;
  /** Mean of the delays, above the least delay. */
  readonly meanExcessUs: number;
  /** Those of the received, with a delay of their own, that were sent outside of trains and previews. */
  readonly calmCount: number;
  /** Those of them that arrived nearly together with the one before, although they were sent apart. */
  readonly bunchedCount: number;
  /** Mean of their delays, above the least delay of all. */
  readonly meanCalmExcessUs: number;
  /** Rate of the last train that ended, in bit/s of whole packets; 0 if none ended since the last reading. */
  readonly trainBitsPerSecond: number;
  /** Marks of the last datagram. */
  readonly slot: number;
  readonly stepLevel: number;
  readonly preview: PreviewReading;
}

/**
 * How the delay moved during a preview: sums about the means. Add them up over all streams before dividing them
 * (slope = Σ covariance ÷ Σ spread).
 */
export interface PreviewReading {
  /** Slot of the preview; −1 before the first. */
  readonly slot: number;
  readonly count: number;
  /** Σ (x − x̄)², x = send time in µs. */
  readonly spread: number;
  /** Σ (x − x̄)(y − ȳ), y = delay in µs. */
  readonly covariance: number;
  /** Σ (y − ȳ)². */
  readonly scatter: number;
}

/** Losses and delays since the last reading that this host caused, not the network. */
export interface LocalReading {
  /** Datagrams that arrived and were not read in time. The sequences miss them too. */
  readonly unreadCount: number;
  /** Datagrams that were read but that the disk could not take. */
  readonly droppedCount: number;
  /** How late this reading is because the host was busy. Datagrams that arrived meanwhile waited here. */
  readonly latenessUs: number;
}

/** What one path has to know of the other paths of the same receiver. */
export interface OtherPaths {
  /** Rate that the other paths carry through the same bottleneck. */
  readonly bitsPerSecond: number;
  /** Whether no other path is trying a level. Only one path tries a level at a time. */
  readonly areQuiet: boolean;
}

export const NO_OTHER_PATHS: OtherPaths = { bitsPerSecond: 0, areQuiet: true };
