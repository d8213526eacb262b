/**
 * What one stream — one server's one channel — brought since it was last read. Delays have no common zero with other servers:
 * they are differences of two clocks, modulo 2^32 µs.
 */
export interface StreamReading {
  readonly serverIndex: number;
  readonly channelIndex: number;
  readonly receivedCount: number;
  /** Gaps in the sequence that have stayed open for a reading or longer. */
  readonly lostCount: number;
  /** How many of these were missing in or before trains and previews, which are bursts that no other sender would send. */
  readonly burstLostCount: number;
  /** How many of those received brought nothing new. */
  readonly duplicateCount: number;
  /** Whole IPv6 packets. */
  readonly wireBytes: number;
  /** Counts beginnings: a server that started anew has another clock. */
  readonly epoch: number;
  /** When the first datagram came since the channel was joined; infinite before, −∞ where it may have come all the time. */
  readonly sinceUs: number;
  /** Least arrival time − send time; means nothing when nothing was received. */
  readonly minDelayUs: number;
  /** Mean of the delays above the least. */
  readonly meanExcessUs: number;
  /** Rate of the last train that ended, in bit/s of whole packets; 0 if none ended since the last reading. */
  readonly trainBitsPerSecond: number;
  /** The last datagram's marks. */
  readonly slot: number;
  readonly stepLevel: number;
  readonly preview: PreviewReading;
}

/**
 * How the delay moved while a preview was sent: sums about the means, to be added up over streams before they are divided
 * (slope = Σ covariance ÷ Σ spread).
 */
export interface PreviewReading {
  /** The slot that the preview stood in; −1 before the first. */
  readonly slot: number;
  readonly count: number;
  /** Σ (x − x̄)², x = send time in µs. */
  readonly spread: number;
  /** Σ (x − x̄)(y − ȳ), y = delay in µs. */
  readonly covariance: number;
  /** Σ (y − ȳ)². */
  readonly scatter: number;
}

/** What happened on this host since the last reading, that the network must not be blamed for. */
export interface LocalReading {
  /** Datagrams that came and were not read in time: they are missing in the sequences, too. */
  readonly unreadCount: number;
  /** Datagrams that were read, and that the disk could not take. */
  readonly droppedCount: number;
  /** How late this reading is: the host was busy, and what came meanwhile waited here. */
  readonly latenessUs: number;
}
