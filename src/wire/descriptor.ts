import { createHash } from 'node:crypto';
import { packMap } from './map-fields.js';
import type { SendingWindows } from './sending-windows.js';

/** What an object is and where it is sent: all that a receiver needs to know. */
export interface Descriptor {
  readonly fleet: string;
  readonly object: string;
  /** Grows with every change: a receiver that has completed a version refuses older ones. */
  readonly version: number;
  readonly sizeBytes: number;
  readonly symbolBytes: number;
  readonly blockCount: number;
  /** FEC Encoding ID: 0 no code, 6 RaptorQ. */
  readonly fecEncodingId: number;
  /** SHA-256 of the object, 32 bytes. */
  readonly sha256: Uint8Array;
  /** Root of the Merkle tree (RFC 9162, section 2.1) over the SHA-256 of each block, 32 bytes. */
  readonly blockRoot: Uint8Array;
  /**
   * `several`: layered; a receiver of level l joins the channels 0 to l − 1. `best`: replicated; each channel is complete by
   * itself.
   */
  readonly mode: 'several' | 'best';
  /** Whether channels are source-specific: one join per server and channel. */
  readonly ssm: boolean;
  readonly channels: readonly ChannelDescription[];
  readonly servers: readonly ServerDescription[];
  /** When this record was made, in seconds since 1970. */
  readonly createdS: number;
  /** When it expires, in seconds since 1970; undefined: never. */
  readonly expiresS: number | undefined;
  /**
   * Interval in which each server announces this record once; undefined if the record does not say. Receivers wait for at
   * least a few intervals. It says nothing about the object, so it is not part of the object's tag.
   */
  readonly announceIntervalUs?: number | undefined;
  /**
   * The classes of devices that the object is for, such as `acme/gateway-2`; undefined: any device. A receiver that belongs to none of them must
   * not write the object.
   */
  readonly compatible?: readonly string[] | undefined;
  /** `tar`: the object is the archive of a folder, and a receiver unpacks it; undefined: the object is a file. */
  readonly tree?: 'tar' | undefined;
  /** What a receiver that has an older version can receive instead of most of the object; undefined if the servers send no such thing. */
  readonly delta?: DeltaDescription | undefined;
  /** When the servers send the object; undefined: always. It says nothing about the object, so it is not part of the object's tag. */
  readonly schedule?: SendingWindows | undefined;
  /** How the object's bytes are encrypted; undefined if they are not. All digests are of the bytes as they are sent. */
  readonly encryption?: Encryption | undefined;
  /**
   * Critical keys of the map that this program does not know: what they say has to be obeyed, so the object cannot be received. Only the
   * reader sets it, and it is never empty.
   */
  readonly needs?: readonly string[];
}

/** What a descriptor says of the encryption of its object's bytes (`ContentCipher`). */
export interface Encryption {
  /** A MAC of the plaintext's SHA-256 with the content key, 32 bytes: it says nothing to those who do not have the key. */
  readonly plaintextMac: Uint8Array;
  /** 16 bytes that follow from the content key and the MAC: whoever has another key sees it here. */
  readonly keyCheck: Uint8Array;
}

/** A channel of an object, as receivers need it. */
export interface ChannelDescription {
  /** The IPv6 multicast address, 16 bytes. */
  readonly group: Uint8Array;
  readonly port: number;
  /** Time between two datagrams of a server. */
  readonly intervalUs: number;
  /** Where in the object this channel starts, as a share of it, 0–1. */
  readonly startRatio: number;
}

/** A server that sends an object. */
export interface ServerDescription {
  /** The `serverIndex` in this server's datagrams. */
  readonly index: number;
  readonly name: string;
  /** 16 bytes; needed for source-specific joins. */
  readonly address: Uint8Array | undefined;
  /** Added to every channel's start, 0–1. */
  readonly startRatio: number;
  /** Indexes of the channels that it sends; undefined: all. */
  readonly channels: readonly number[] | undefined;
  /** The Ed25519 key, 32 bytes, that signs its run records; undefined if it signs none. */
  readonly publicKey?: Uint8Array | undefined;
}

/**
 * A delta of an object: what a receiver receives that has an older version, instead of most of the object. It is sent like an object of its own, in
 * symbols of the object's size, by the object's servers, with the object's code and mode.
 */
export interface DeltaDescription {
  readonly sizeBytes: number;
  readonly blockCount: number;
  /** As in `Descriptor`, of the delta. */
  readonly sha256: Uint8Array;
  readonly blockRoot: Uint8Array;
  readonly channels: readonly ChannelDescription[];
}

/** The servers that send a channel. */
export function sendersOf(servers: readonly ServerDescription[], channel: number): readonly ServerDescription[] {
  return servers.filter(({ channels }) => channels?.includes(channel) ?? true);
}

/** The FEC Encoding IDs (registry of RFC 5052) that this program supports. */
export const NO_CODE = 0;
export const RAPTORQ = 6;

/** Value of the key T: the object is a tar archive (POSIX.1-2017, pax) of a folder. */
export const TAR = 1;

/** Bounds of `announceIntervalUs`: from a thousand times a second to once a day. */
export const MIN_ANNOUNCE_INTERVAL_US = 1e3;
export const MAX_ANNOUNCE_INTERVAL_US = 86_400e6;

/** The MessagePack bytes of a descriptor: a map with short keys, which holds lists of fixed order (docs/wire-format.md). */
export function packDescriptor(descriptor: Descriptor): Uint8Array {
  return packMap({
    f: descriptor.fleet,
    o: descriptor.object,
    v: descriptor.version,
    n: descriptor.sizeBytes,
    t: descriptor.symbolBytes,
    z: descriptor.blockCount,
    e: descriptor.fecEncodingId,
    h: descriptor.sha256,
    b: descriptor.blockRoot,
    m: descriptor.mode === 'several' ? 0 : 1,
    s: descriptor.ssm,
    c: packChannels(descriptor.channels),
    d: descriptor.servers.map((server) => [
      server.index,
      server.name,
      server.address ?? null,
      server.startRatio,
      server.channels ?? null,
      ...(server.publicKey === undefined ? [] : [server.publicKey]),
    ]),
    a: descriptor.createdS,
    x: descriptor.expiresS ?? null,
    ...(descriptor.compatible === undefined ? {} : { C: descriptor.compatible }),
    ...(descriptor.tree === undefined ? {} : { T: TAR }),
    ...(descriptor.encryption === undefined
      ? {}
      : { P: [descriptor.encryption.plaintextMac, descriptor.encryption.keyCheck] }),
    // Left out if undefined, so that such records are the same as those of the first versions of this program.
    ...(descriptor.announceIntervalUs === undefined ? {} : { i: descriptor.announceIntervalUs }),
    ...(descriptor.delta === undefined ? {} : { p: packDelta(descriptor.delta) }),
    ...(descriptor.schedule === undefined ? {} : { w: packWindows(descriptor.schedule) }),
  });
}

function packDelta({ sizeBytes, blockCount, sha256, blockRoot, channels }: DeltaDescription): readonly unknown[] {
  return [sizeBytes, blockCount, sha256, blockRoot, packChannels(channels)];
}

function packWindows({ everyS, lastsS, fromS }: SendingWindows): readonly unknown[] {
  return [everyS, lastsS, fromS];
}

function packChannels(channels: readonly ChannelDescription[]): readonly unknown[] {
  return channels.map(({ group, port, intervalUs, startRatio }) => [group, port, intervalUs, startRatio]);
}

/**
 * The object tag: the first 8 bytes of the SHA-256 over everything that identifies the object. Every datagram carries it, so
 * that a receiver recognises datagrams of another object or version before it writes anything. Where and when the object is
 * sent does not count, so two servers that publish the same file have the same tag without talking.
 */
export function objectTag(descriptor: Descriptor): Uint8Array {
  const numbers = Buffer.alloc(28);
  numbers.writeBigUInt64BE(BigInt(descriptor.version), 0);
  numbers.writeBigUInt64BE(BigInt(descriptor.sizeBytes), 8);
  numbers.writeUInt32BE(descriptor.symbolBytes, 16);
  numbers.writeUInt32BE(descriptor.blockCount, 20);
  numbers.writeUInt32BE(descriptor.fecEncodingId, 24);
  return createHash('sha256')
    .update('layercast object 1\0')
    .update(lengthAndText(descriptor.fleet))
    .update(lengthAndText(descriptor.object))
    .update(numbers)
    .update(descriptor.sha256)
    .digest()
    .subarray(0, 8);
}

function lengthAndText(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([Uint8Array.of(bytes.length >>> 8, bytes.length), bytes]);
}
