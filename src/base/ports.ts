/**
 * The three doors between protocol logic and the world. Logic takes these as arguments and never reaches past them, so the
 * same code runs on sockets and disks and in the simulator.
 */

export interface Clock {
  /** Microseconds on a clock that never jumps; its zero means nothing. */
  nowUs(): number;
  /** Microseconds since 1970-01-01T00:00Z, as this host believes; may jump. */
  wallUs(): number;
  /** Calls back once, not before `atUs` (on the scale of `nowUs`); the returned function cancels. */
  schedule(atUs: number, callback: () => void): () => void;
}

/**
 * Datagrams as they came from one membership, in order of arrival, in pieces: a piece is one datagram, or several from one
 * source that the system put together (Linux: UDP_GRO). `DatagramCursor` walks the datagrams.
 *
 * The fields are parallel arrays, of which the first `count` entries are valid. Piece i is
 * `buffers[i][starts[i] .. starts[i] + lengths[i]]`. Everything is reused after the handler returns.
 */
export interface ReceivedBatch {
  /** Number of pieces. */
  readonly count: number;
  readonly buffers: readonly Uint8Array[];
  readonly starts: ArrayLike<number>;
  readonly lengths: ArrayLike<number>;
  /** A datagram begins at each multiple of this in piece i; the last may be shorter. For a single datagram, its length. */
  readonly segmentBytes: ArrayLike<number>;
  /**
   * When the datagrams of piece i came, on the scale of `Clock.nowUs`: from the system if it tells, otherwise the time of the
   * call. Never earlier than the entry before, nor than any of an earlier batch of this membership.
   */
  readonly arrivalsUs: ArrayLike<number>;
  /**
   * A whole number that stands for the source address of piece i: the same number for the same address, on all memberships,
   * as long as the network exists. `Network.sourceAddress` gives the address.
   */
  readonly sourceIds: ArrayLike<number>;
  /**
   * Datagrams of this membership that the system dropped since the batch before, because its buffer was full; 0 where the
   * network does not tell with batches (`NetworkCapabilities.drops`).
   */
  readonly droppedCount: number;
}

/**
 * Datagrams for one destination, back to back and of equal length; only the last may be shorter (the rule of Linux's
 * UDP_SEGMENT). Datagram i begins at `bytes[i · datagramBytes]`, and the last ends where `bytes` ends.
 */
export interface SendBatch {
  /** At least one. */
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly datagramBytes: number;
}

export interface Destination {
  /** IPv6 multicast address without zone. */
  readonly group: string;
  readonly port: number;
  /** Name of the interface to send on; undefined lets the system choose by route. */
  readonly interface: string | undefined;
  /** An address of this host to send from; undefined lets the system choose (RFC 6724). */
  readonly source: string | undefined;
  /** IPv6 hop limit, 0–255; 0 stays on this host. */
  readonly hopLimit: number;
  /** DiffServ code point, 0–63. */
  readonly dscp: number;
}

export interface SendSocket {
  /**
   * Hands a batch to the system; its bytes may be reused when the promise resolves. Batches leave in the order of the calls, also
   * when earlier calls have not resolved. Never rejects: the result counts what the system took. When the interface is gone, or another one has its name now, nothing is sent and the
   * failure is `ENODEV`: the owner opens the socket anew.
   */
  send(batch: SendBatch): Promise<SendResult>;
  close(): void;
}

export interface SendResult {
  readonly sentCount: number;
  /** Errno name of the last failure (`ENETDOWN`, …), or undefined. */
  readonly failure: string | undefined;
}

export interface MembershipRequest {
  readonly group: string;
  readonly port: number;
  readonly interface: string | undefined;
  /** Source addresses for source-specific joins (RFC 4607); empty joins any source. */
  readonly sources: readonly string[];
  /**
   * Whether each datagram needs an arrival time of its own, because the owner measures how far apart datagrams arrive: each
   * piece of a batch is then one datagram.
   * @default false
   */
  readonly isTimed?: boolean | undefined;
}

export interface Membership {
  /**
   * Whether the interface that this was joined on is gone, or another one has its name now: nothing will come any more. The
   * owner leaves, and joins anew.
   */
  readonly isStale: boolean;
  /** Leaves the group. The promise resolves after every datagram of the socket's buffer has been delivered. */
  leave(): Promise<void>;
}

/**
 * A network that datagrams can be sent to and groups joined on. An interface is looked up by its name at each call; while none
 * has that name, both calls reject with `UNKNOWN_INTERFACE`, and neither ever takes another one in its place.
 */
export interface Network {
  openSender(destination: Destination): Promise<SendSocket>;
  join(request: MembershipRequest, onBatch: (batch: ReceivedBatch) => void): Promise<Membership>;
  /** What this network can do beyond the defaults; the same as long as it exists. */
  readonly capabilities?: Partial<NetworkCapabilities> | undefined;
  /**
   * The address that a source id of a batch stands for, as text without a zone; undefined when it is not remembered any more.
   * Without this function nobody is told where datagrams came from.
   */
  readonly sourceAddress?: ((sourceId: number) => string | undefined) | undefined;
  /**
   * Datagrams that came for any membership of this process and that the system dropped because a buffer was full, so far. Absent
   * where this is not known; not asked for where batches tell (`hasDropsInBatches`).
   */
  readonly dropped?: (() => number) | undefined;
}

/** What differs from network to network. The drivers go by this, and by nothing else that they believe about a network. */
export interface NetworkCapabilities {
  /** Most datagrams that one batch to send may have. @default no limit */
  readonly maxBatchCount: number;
  /** Most bytes that one batch to send may have; at least those of the longest datagram. @default no limit */
  readonly maxBatchBytes: number;
  /** Whether arrival times are the system's; otherwise they are the times at which the handler was called. @default false */
  readonly hasSystemArrivals: boolean;
  /** Whether `ReceivedBatch.droppedCount` is filled in. @default false */
  readonly hasDropsInBatches: boolean;
}

/** Bytes of a known size that can be read anywhere; rejects with `OBJECT_CHANGED` when they are no longer the same bytes. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Fills `into` from `offset`; both ends lie within the source. */
  read(offset: number, into: Uint8Array): Promise<void>;
}
