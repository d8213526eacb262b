/**
 * The interfaces between protocol logic and the world: time, network and bytes. Logic takes them as arguments and uses no other
 * way to the system. So the same code runs on sockets and disks and in the simulator.
 */

/** Time, and calls at a later time. */
export interface Clock {
  /** Microseconds on a clock that never jumps, from an arbitrary zero. */
  nowUs(): number;
  /** Microseconds since 1970-01-01T00:00Z, by this host's clock, which may jump. */
  wallUs(): number;
  /** How late timers are on an idle host: their resolution, and what the system adds to it. @default 0 */
  readonly timerLatenessUs?: number | undefined;
  /** Callbacks that fall due within this time had better share one call, because waking up costs as much as their work. @default 0 */
  readonly wakeGapUs?: number | undefined;
  /** Calls `callback` once, not before `atUs` (on the scale of `nowUs`). The returned function cancels the call. */
  schedule(atUs: number, callback: () => void): () => void;
}

/**
 * Datagrams of one membership in order of arrival, as messages. A message is one datagram, or several datagrams from one source that
 * the system put together (Linux: UDP_GRO). `DatagramCursor` walks the datagrams.
 *
 * The fields are parallel arrays, of which the first `count` entries are valid. Message i is
 * `buffers[i][starts[i] .. starts[i] + lengths[i]]`. The network reuses the batch and its bytes after the handler has returned.
 */
export interface ReceivedBatch {
  /** Number of messages. */
  readonly count: number;
  readonly buffers: readonly Uint8Array[];
  readonly starts: ArrayLike<number>;
  readonly lengths: ArrayLike<number>;
  /** In message i, a datagram begins at each multiple of this number; the last may be shorter. For a single datagram, its length. */
  readonly segmentBytes: ArrayLike<number>;
  /**
   * When the datagrams of message i arrived, on the scale of `Clock.nowUs`: the system's time where the system tells one, otherwise
   * the time at which the handler was called. No arrival is earlier than the one before, within a batch or across the batches of
   * one membership.
   */
  readonly arrivalsUs: ArrayLike<number>;
  /**
   * A whole number that stands for the source address of message i. An address has the same number on all memberships, as long as
   * the network exists. `Network.sourceAddress` gives the address.
   */
  readonly sourceIds: ArrayLike<number>;
  /**
   * Datagrams of this membership that the system has dropped since the previous batch, because the buffer was full; 0 where
   * batches do not tell (`NetworkCapabilities.hasDropsInBatches`).
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

/** Where datagrams of one channel go, and how they leave this host. */
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
  /** What is going to be sent there, so that little waits in this host where the link is slower. @default unknown */
  readonly rateBitsPerSecond?: number | undefined;
}

/** A socket that sends to one destination. */
export interface SendSocket {
  /**
   * Hands a batch to the system; its bytes may be reused when the promise resolves. Batches leave in the order of the calls, even
   * if earlier calls have not resolved. The promise never rejects: its result counts the datagrams that the system took. If the
   * interface is gone, or another interface has its name now, the socket sends nothing and the failure is `ENODEV`; the owner
   * then opens another socket.
   */
  send(batch: SendBatch): Promise<SendResult>;
  close(): void;
}

/** What became of a batch. */
export interface SendResult {
  /** Datagrams that the system took. */
  readonly sentCount: number;
  /** Errno name of the last failure (`ENETDOWN`, …), or undefined. */
  readonly failure: string | undefined;
}

/** Which group is to be joined, and how its datagrams are to be handed over. */
export interface MembershipRequest {
  /** IPv6 multicast address without zone. */
  readonly group: string;
  readonly port: number;
  /** Name of the interface to join on; undefined lets the system choose. */
  readonly interface: string | undefined;
  /** Source addresses for source-specific joins (RFC 4607); empty joins any source. */
  readonly sources: readonly string[];
  /**
   * Whether each datagram needs an arrival time of its own, because the owner measures how far apart datagrams arrive. If so, each
   * message of a batch is one datagram.
   * @default false
   */
  readonly isTimed?: boolean | undefined;
  /**
   * Whether the owner can wait a quarter of a second for datagrams that have arrived. A network that has only such memberships wakes up less
   * often.
   * @default false
   */
  readonly isPatient?: boolean | undefined;
}

/** A joined group. */
export interface Membership {
  /**
   * Whether the interface of this membership is gone, or another interface has its name now. No datagram will come any more: the
   * owner leaves, and joins again.
   */
  readonly isStale: boolean;
  /**
   * Changes `MembershipRequest.isTimed`. A change to true takes effect for datagrams that arrive after the buffer has been empty once;
   * until then messages may hold several datagrams. Absent where each message is one datagram anyway.
   */
  readonly setTimed?: ((isTimed: boolean) => void) | undefined;
  /** Leaves the group. The promise resolves after every datagram of the socket's buffer has been delivered. */
  leave(): Promise<void>;
}

/**
 * A network on which programs send datagrams and join groups. Both calls look the interface up by its name each time. While no
 * interface has the name, they reject with `UNKNOWN_INTERFACE`; they never use another interface instead.
 */
export interface Network {
  openSender(destination: Destination): Promise<SendSocket>;
  join(request: MembershipRequest, onBatch: (batch: ReceivedBatch) => void): Promise<Membership>;
  /** What this network can do beyond the defaults. These values never change. */
  readonly capabilities?: Partial<NetworkCapabilities> | undefined;
  /**
   * The address that a source id of a batch stands for, as text without a zone; undefined when the network no longer remembers
   * the address. Without this function, events and statistics do not show where datagrams came from.
   */
  readonly sourceAddress?: ((sourceId: number) => string | undefined) | undefined;
  /**
   * Hands over, before it returns, what has arrived. Who counts datagrams in ticks calls it at each tick, so that the network need not wake up between
   * them. Absent where datagrams are handed over when they arrive.
   */
  readonly readArrived?: (() => void) | undefined;
  /**
   * How many datagrams for memberships of this process the system has dropped so far because a buffer was full. Absent where this
   * is not known; not called where batches tell (`hasDropsInBatches`).
   */
  readonly dropped?: (() => number) | undefined;
  /**
   * Hears what hosts and routers of a link say in MLD. Absent where the network cannot.
   *
   * @param onPackets gets whole IPv6 packets of MLD, which nobody has checked; their bytes are reused after the call.
   * @throws {LayercastError} `UNKNOWN_INTERFACE`, or `PERMISSION_DENIED`
   */
  readonly hearReports?:
    | ((interfaceName: string, onPackets: (packets: readonly Uint8Array[]) => void) => Promise<ReportHearing>)
    | undefined;
}

/** What hears MLD on one link, and speaks like a router there. */
export interface ReportHearing {
  /** The interface's link-local address, without zone; undefined while it has none. */
  readonly address: string | undefined;
  /** Whether the interface is gone, or another one has its name now. Nothing is heard any more: the owner closes this and opens another. */
  readonly isStale: boolean;
  /** Hears from now on also what is sent to these groups, and to no others of former calls: reports of version 1, and queries. */
  setGroups(groups: readonly string[]): void;
  /** Sends an IPv6 packet to the link; a packet that the system refuses is lost. Its destination is a multicast address. */
  send(packet: Uint8Array): void;
  close(): void;
}

/** What differs from network to network. Drivers adapt to these values and assume nothing else about a network. */
export interface NetworkCapabilities {
  /** Most datagrams that one batch to send may have. @default no limit */
  readonly maxBatchCount: number;
  /** Most bytes that one batch to send may have; at least those of the longest datagram. @default no limit */
  readonly maxBatchBytes: number;
  /** Whether the system tells arrival times; otherwise they are the times at which the handler was called. @default false */
  readonly hasSystemArrivals: boolean;
  /** Whether `ReceivedBatch.droppedCount` is filled in. @default false */
  readonly hasDropsInBatches: boolean;
}

/** A known number of bytes that can be read at any offset. `read` rejects with `OBJECT_CHANGED` when the bytes have changed. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Fills `into` from `offset`; both ends lie within the source. */
  read(offset: number, into: Uint8Array): Promise<void>;
  /**
   * Does the same before it returns, in the calling thread. Returns false, with nothing read, where that thread might have to wait: then `read` is the
   * way.
   *
   * @throws as `read` rejects
   */
  readNow?(offset: number, into: Uint8Array): boolean;
}
