import { createHash } from 'node:crypto';
import { Packr } from 'msgpackr';

/** What an object is and where it is sent: what a receiver must know, and all that it needs to know. */
export interface Descriptor {
  readonly fleet: string;
  readonly object: string;
  /** Only grows: a receiver that has completed a version refuses older ones. */
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
  /** `several`: layered, a receiver joins channels 0..l. `best`: each channel is complete by itself. */
  readonly mode: 'several' | 'best';
  /** Whether channels are source-specific: one join per server and channel. */
  readonly ssm: boolean;
  readonly channels: readonly ChannelDescription[];
  readonly servers: readonly ServerDescription[];
  /** Seconds since 1970 when this record was made, and from when on it counts no more. */
  readonly createdS: number;
  readonly expiresS: number | undefined;
  /**
   * Time in which each server announces this record once; undefined when the record does not say. Receivers are at least a few
   * of these patient. It says nothing about the object, so it is not part of the object's tag.
   */
  readonly announceIntervalUs?: number | undefined;
}

export interface ChannelDescription {
  /** 16 bytes. */
  readonly group: Uint8Array;
  readonly port: number;
  readonly intervalUs: number;
  /** Where in the object this channel starts, 0–1. */
  readonly startRatio: number;
}

export interface ServerDescription {
  /** What this server's datagrams carry as `serverIndex`. */
  readonly index: number;
  readonly name: string;
  /** 16 bytes; needed for source-specific joins. */
  readonly address: Uint8Array | undefined;
  /** Added to every channel's start, 0–1. */
  readonly startRatio: number;
  /** Which channels it sends; undefined is all. */
  readonly channels: readonly number[] | undefined;
}

/** The servers that send a channel. */
export function sendersOf(servers: readonly ServerDescription[], channel: number): readonly ServerDescription[] {
  return servers.filter(({ channels }) => channels?.includes(channel) ?? true);
}

/** RFC 5052's registry of FEC Encoding IDs, as far as this program speaks them. */
export const NO_CODE = 0;
export const RAPTORQ = 6;

/** The longest descriptor there can be, with 32 channels and 255 servers that each list them all, takes 34,853 bytes signed. */
export const MAX_RECORD_BYTES = 36_864;

/** No server announces a record more rarely than once a day, or more often than a thousand times a second. */
export const MIN_ANNOUNCE_INTERVAL_US = 1e3;
export const MAX_ANNOUNCE_INTERVAL_US = 86_400e6;

/** The MessagePack bytes of a descriptor: a map with short keys, lists of fixed order inside (docs/wire-format.md). */
export function packDescriptor(descriptor: Descriptor): Uint8Array {
  return packr.pack({
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
    c: descriptor.channels.map((channel) => [channel.group, channel.port, channel.intervalUs, channel.startRatio]),
    d: descriptor.servers.map((server) => [
      server.index,
      server.name,
      server.address ?? null,
      server.startRatio,
      server.channels ?? null,
    ]),
    a: descriptor.createdS,
    x: descriptor.expiresS ?? null,
    // Left out where it says nothing: records stay as the first versions of this program wrote them.
    ...(descriptor.announceIntervalUs === undefined ? {} : { i: descriptor.announceIntervalUs }),
  });
}

/**
 * The first 8 bytes of the SHA-256 over what makes the object this object. Every datagram carries it, so that one of
 * another object or version is known before anything is written. Where it is sent, and when it was announced, do not count:
 * two servers that publish the same file agree on the tag without talking.
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

// Records would give maps a private extension type; plain maps can be read by any MessagePack library.
const packr = new Packr({ useRecords: false });
