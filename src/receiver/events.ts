import type { Descriptor } from '../wire/descriptor.js';
import type { DatagramFault } from './counters.js';

/** What a receiver tells while it works, in the order it happens. The names are those of `fetch --json`. */
export interface ReceiverEvents {
  /** From now on announcements can be heard. */
  readonly listening: (event: ListeningEvent) => void;
  /** The receiver waits for an interface that is missing, or for a lock that another process may still hold. */
  readonly waiting: (event: WaitingEvent) => void;
  /** The signed description of the version that is being received. */
  readonly descriptor: (event: DescriptorEvent) => void;
  readonly join: (event: MembershipEvent) => void;
  readonly leave: (event: MembershipEvent) => void;
  /** About once a second. */
  readonly progress: (event: ProgressEvent) => void;
  /** Something a person should know that does not end the transfer. */
  readonly warning: (event: WarningEvent) => void;
  readonly complete: (event: CompleteEvent) => void;
}

export interface ListeningEvent {
  /** Where the fleet announces. */
  readonly group: string;
  readonly port: number;
  /** Undefined where the network chooses. */
  readonly interface: string | undefined;
  /** How long the receiver waits for an announcement before it gives up. */
  readonly patienceMs: number;
}

export interface WaitingEvent {
  readonly message: string;
}

export interface DescriptorEvent {
  readonly descriptor: Descriptor;
  /** Bytes that an earlier run left on disk. */
  readonly resumedBytes: number;
}

export interface MembershipEvent {
  /** Undefined for a join that hears any server. */
  readonly server: string | undefined;
  readonly channel: number;
  readonly group: string;
  readonly reason: string;
}

export interface WarningEvent {
  readonly code:
    | 'CONFLICT'
    | 'SUPERSEDED'
    | 'UNSUPPORTED'
    | 'REJECTED_BLOCK'
    | 'SILENCE'
    | 'DROPPED'
    | 'JOIN_REFUSED'
    | 'VERSION_REFUSED'
    | 'EXPIRED'
    /** The object was announced with a signature of another key. */
    | 'FOREIGN_KEY'
    /** Announcements arrive, but no data. */
    | 'NO_DATA'
    /** The highest rate allowed is below that of the lowest channel. */
    | 'RATE_BELOW_LADDER'
    /** The file is complete, but its version could not be written down. */
    | 'NOT_REMEMBERED';
  readonly message: string;
}

export interface ProgressEvent {
  /** Bytes of the object that are there. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Bytes whose block has been verified. */
  readonly verifiedBytes: number;
  /** Whole IPv6 packets of joined channels, over the last seconds. */
  readonly rateBitsPerSecond: number;
  /** Undefined until something arrives. */
  readonly etaMs: number | undefined;
  readonly lossRatio: number;
  /** Highest channel joined, counted from 0; −1 for none. */
  readonly level: number;
  /** What the joined channels bring by the ladder. */
  readonly levelRateBitsPerSecond: number;
  /** What stands in the queues between servers and here, as far as delays tell. */
  readonly queueMs: number;
  /** What the slowest link on the way seems to carry; undefined until measured. */
  readonly capacityBitsPerSecond: number | undefined;
  readonly servers: readonly string[];
  readonly channels: readonly number[];
  /** Share (0–1) that is there of each of 64 equal stretches of the object. */
  readonly map: readonly number[];
}

export interface CompleteEvent extends ReceiverStats {
  readonly fleet: string;
  readonly object: string;
  readonly version: number;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly elapsedMs: number;
  /** The file, as an absolute path; absent where there is no file. */
  readonly path?: string | undefined;
}

/**
 * Counts since the receiver started, over all versions it received and all ways in which these were sent; `overhead` and
 * `resumedBytes` are of the last version.
 */
export interface ReceiverStats {
  /** Datagrams that belonged to the object. */
  readonly datagrams: number;
  /** Symbol bytes received, duplicates included. */
  readonly payloadBytes: number;
  readonly duplicateBytes: number;
  readonly lostDatagrams: number;
  /** All datagrams that were not used, and how many for which reason. */
  readonly invalidDatagrams: number;
  readonly invalid: Readonly<Partial<Record<DatagramFault, number>>>;
  /** Datagrams that this host could not take, because its disk was behind. */
  readonly droppedDatagrams: number;
  readonly rejectedBlocks: number;
  /** Symbols received ÷ symbols of the object − 1, those of earlier runs included. */
  readonly overhead: number;
  readonly resumedBytes: number;
  readonly servers: readonly { readonly server: string; readonly datagrams: number; readonly lostDatagrams: number }[];
  readonly channels: readonly {
    readonly channel: number;
    readonly datagrams: number;
    readonly lostDatagrams: number;
  }[];
}
