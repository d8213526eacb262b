/** How a relay passes packets toward a host. Rates and sizes count whole IPv6 packets. */
export interface RelayOptions {
  readonly service: RelayService;
  /** Most bytes that wait; more is dropped. Not for policers, which have no queue. */
  readonly queueBytes?: number;
  /** Packets lost after they have left the queue; ICMPv6 is not lost, so that no membership is forgotten. */
  readonly loss?: RelayLoss;
  /** Time that a packet takes in each direction, after the queue. @default 0 */
  readonly delayMs?: number;
}

export type RelayService =
  /** Tokens for `burstBytes` are saved up; a packet without tokens is dropped. */
  | { readonly kind: 'policer'; readonly rateBitsPerSecond: number; readonly burstBytes: number }
  /** Aggregates of a radio: what the rate carries in `periodMs` leaves at once. */
  | { readonly kind: 'bursts'; readonly rateBitsPerSecond: number; readonly periodMs: number }
  /** Wi-Fi with a station that sleeps: multicast waits for the next beacon, one each `periodMs`. */
  | { readonly kind: 'beacons'; readonly rateBitsPerSecond: number; readonly periodMs: number }
  /** Queues that take turns, one for each flow, kept short by CoDel (RFC 8290). */
  | { readonly kind: 'fqCodel'; readonly rateBitsPerSecond: number; readonly targetMs: number }
  /** At each time of the file, in milliseconds and one a line, 1500 bytes can leave; it begins again at its end. */
  | { readonly kind: 'trace'; readonly file: string };

/** Losses of a share of all packets, in bursts of a mean length; 1 is random loss. */
export interface RelayLoss {
  readonly ratio: number;
  readonly burstPackets: number;
}

/** What a relay is told when it starts: one JSON object as its argument. */
export interface RelayTask {
  /** Interfaces whose packets it carries: the bridge's side and the host's side. */
  readonly bridgeSide: string;
  readonly hostSide: string;
  readonly options: RelayOptions;
  /** It ends by itself after this time. */
  readonly limitS: number;
}

/** Counters of a relay, in the form in which it prints them: after a change, at most 20 times a second. */
export interface RelayCounts {
  /** Toward the host: packets that left the queue, and of these the ones that were lost after it. */
  readonly passedPackets: number;
  readonly passedBytes: number;
  readonly lostPackets: number;
  /** Toward the host: dropped by the queue or for want of tokens. */
  readonly droppedPackets: number;
  readonly waitingPackets: number;
  readonly waitingBytes: number;
  /** From the host. */
  readonly returnedPackets: number;
  /** Packets that the relay did not get because it was too slow to read them; 0, or the figures are wrong. */
  readonly missedPackets: number;
  /** Toward the host: how much later than they should packets left, at most and on average. */
  readonly lateMaxUs: number;
  readonly lateMeanUs: number;
}
