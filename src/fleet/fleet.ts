import type { GroupHash, Scope } from '../wire/group-options.js';
import type { FrameBytes } from '../wire/iotupd-frame.js';
import type { LibrecastHash } from '../wire/librecast.js';
import type { SendingWindows } from '../wire/sending-windows.js';
import type { Broker } from './broker.js';

/**
 * A fleet file after all checks: every default is filled in, every path is absolute, every group is an address in canonical text.
 * It is plain data, so that it can be compared and handed to a worker.
 */
export interface Fleet {
  readonly name: string;
  /** Private key (PKCS#8 PEM) that signs the descriptors. */
  readonly keyPath: string | undefined;
  /** Folder of records that were signed elsewhere; never given together with `keyPath`. */
  readonly recordsPath: string | undefined;
  /** Root file: whose signatures count. Undefined: those of one key. */
  readonly rootPath: string | undefined;
  /** Private key that signs catalogues; undefined: the key at `keyPath`. Of no use without a root. */
  readonly announceKeyPath: string | undefined;
  /** How long a catalogue is valid. */
  readonly catalogueLifeUs: number;
  readonly interface: string | undefined;
  readonly scope: Scope;
  readonly port: number;
  readonly hash: GroupHash;
  /** Whether data channels are source-specific groups. Announcements and the directory stay any-source, so that receivers find them. */
  readonly ssm: boolean;
  readonly hopLimit: number;
  readonly dscp: number;
  /** Applies to channels for which neither their object nor they themselves say otherwise. */
  readonly burstUs: number;
  readonly symbolBytes: number;
  /** Upper bound of symbols in a block; undefined leaves it to `automaticBlockSymbols`, by the size of the object. */
  readonly blockSymbols: number | undefined;
  readonly announceIntervalUs: number;
  /** Maximum rate of the announcements of one server, counting whole IPv6 packets. */
  readonly announceRateBitsPerSecond: number;
  readonly announcement: GroupAndPort;
  readonly directory: GroupAndPort;
  /** The broker that is told of new versions; undefined: none. */
  readonly broker?: FleetBroker | undefined;
  readonly objects: readonly FleetObject[];
  /** In the order of the file, which is the order of their indexes. Never empty. */
  readonly servers: readonly FleetServer[];
}

export interface FleetBroker extends Broker {
  /** The first words of all topics. */
  readonly prefix: string;
}

export interface GroupAndPort {
  readonly group: string;
  readonly port: number;
}

export const OBJECT_CODES = ['raptorq', 'none'] as const;
export type ObjectCode = (typeof OBJECT_CODES)[number];

/** `several`: layered; a receiver at level l joins the channels 0 to l − 1. `best`: replicated; each channel is complete. */
export const LADDER_MODES = ['several', 'best'] as const;
export type LadderMode = (typeof LADDER_MODES)[number];

/**
 * When a channel is sent. `mld`: while somebody on the link listens. `mld-beyond-link`: the same, though routers pass the group on, because they report
 * listeners behind them (RFC 4605) or there are none. `none`: always.
 */
export const TRIGGERS = ['mld', 'mld-beyond-link', 'none'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** How a receiver chooses channels: as the object's mode says, one that is complete, or as many of a layered ladder as fit. */
export const RECEIVER_MODES = ['auto', 'best', 'several'] as const;
export type ReceiverMode = (typeof RECEIVER_MODES)[number];

/** A file, the archive of a folder, or what comes from standard input. */
export type ContentKind = 'file' | 'tree' | 'pipe';

export interface FleetObject {
  readonly name: string;
  /** The file or folder; `-` for a pipe. */
  readonly filePath: string;
  readonly content: ContentKind;
  readonly version: number;
  readonly code: ObjectCode;
  readonly mode: LadderMode;
  /** Time from signing; undefined if the object never expires. */
  readonly expiresAfterUs: number | undefined;
  /** The classes of devices that the object is for; undefined: any device. */
  readonly compatible: readonly string[] | undefined;
  /** When the object is sent; undefined: always. */
  readonly schedule?: SendingWindows | undefined;
  /** File of the content key with which the object is encrypted; undefined: it is not. */
  readonly contentKeyPath: string | undefined;
  /** 1 to 32, in order of their indexes. */
  readonly channels: readonly FleetChannel[];
  /** What is sent for receivers that have an older version; undefined: nothing. */
  readonly delta?: FleetDelta | undefined;
  /** Undefined: the object is not sent as frames of iotupd. */
  readonly iotupd?: FleetFrames | undefined;
  /** Where `layercast mirror` finds the file; undefined: nowhere. */
  readonly origin?: FleetOrigin | undefined;
}

/** The file of an object on a server of the web or in a bucket. */
export interface FleetOrigin {
  readonly url: string;
  readonly everyUs: number;
  /** A larger file is refused. */
  readonly maxBytes: number;
  /** How requests are signed; undefined: not at all. */
  readonly s3: { readonly region: string; readonly credentialsPath: string | undefined } | undefined;
}

/** A delta of an object: the chunks of its file that no older version has. */
export interface FleetDelta {
  /** Files of older versions, at least one. */
  readonly fromPaths: readonly string[];
  /** As many as the object has, with the same rates; groups of their own. */
  readonly channels: readonly FleetChannel[];
}

/** How an object is sent as frames of iotupd, beside its channels. */
export interface FleetFrames extends GroupAndPort {
  readonly frameBytes: FrameBytes;
  /** Of the file, in the frames. */
  readonly hash: LibrecastHash;
  readonly intervalUs: number;
  /** Counts whole IPv6 packets. It says the same as `intervalUs`. */
  readonly rateBitsPerSecond: number;
  readonly hopLimit: number;
  readonly dscp: number;
  /** Absent: always sent. */
  readonly trigger?: Exclude<Trigger, 'none'> | undefined;
}

export interface FleetChannel {
  readonly index: number;
  readonly group: string;
  readonly port: number;
  /** Time between two datagrams. It may be a fraction. */
  readonly intervalUs: number;
  /** Counts whole IPv6 packets. It says the same as `intervalUs`. */
  readonly rateBitsPerSecond: number;
  /** Where in the object the carousel starts. If undefined, the planner chooses. */
  readonly offset: StartOffset | undefined;
  /** Longest time of the channel's rate that leaves at once; `burstCount` turns it into datagrams. */
  readonly burstUs: number;
  readonly hopLimit: number;
  readonly dscp: number;
  /** Absent: always sent. */
  readonly trigger?: Exclude<Trigger, 'none'> | undefined;
}

/** A byte position, or a share of the object's size from 0 to 1. */
export type StartOffset = { readonly bytes: number } | { readonly ratio: number };

export interface FleetServer {
  readonly name: string;
  readonly index: number;
  /** Unicast source address, canonical and without zone; always there in a source-specific fleet. */
  readonly address: string | undefined;
  /** Overrides the fleet's. */
  readonly interface: string | undefined;
  /** Added to the offsets of this server's channels. If undefined, the planner chooses. */
  readonly offset: StartOffset | undefined;
  /** Indexes of the channels that this server sends; undefined means all. */
  readonly channels: readonly number[] | undefined;
  /** Names of the objects that this server sends; undefined means all. */
  readonly objects: readonly string[] | undefined;
  /** `hopLimit` and `dscp` override the channel's. */
  readonly hopLimit: number | undefined;
  readonly dscp: number | undefined;
  /** Public key of this server, 32 bytes in Base64, if it has a key of its own instead of one derived from the fleet's. */
  readonly publicKey: string | undefined;
}
