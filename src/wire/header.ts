import { HEADER_BYTES } from '../base/limits.js';

/*
 * The 48 bytes in front of every datagram (docs/wire-format.md). One layout serves all types, so that sequence numbers,
 * send times and rate marks mean the same whatever a datagram carries. Big-endian; no field straddles its natural border.
 */
/** "LC". */
const MAGIC = 0x4c43;
const WIRE_VERSION = 2;

/** Types of datagrams, by what follows the header. */
export const DatagramType = {
  /** One source or repair symbol of an object. */
  symbol: 0,
  /** A piece of a signed record, which travels as an object of one block; `esi` is the number of the piece. */
  descriptor: 1,
  /** Digests of a run of blocks with the path to the signed root; `block` is the number of the run. */
  digests: 2,
  /** Signed hashes of the datagrams before it; `esi` is their number, and `block` when the server began to count, in seconds since 1970. */
  run: 3,
} as const;
export type DatagramType = (typeof DatagramType)[keyof typeof DatagramType];

/** Bits of `flags`. */
export const Flag = {
  /** Part of a train of datagrams sent back to back, to measure dispersion. */
  train: 1,
  /** Sent in a preview, while the channel shows the rate of the next level. */
  preview: 2,
  /** Of an announcement: its server has begun a moment ago and still prepares objects, which it announces later. */
  starting: 4,
} as const;

/** `channelIndex` of announcements, which belong to no ladder. */
export const ANNOUNCEMENT_CHANNEL = 255;

/** The fields of a header as numbers. `readHeader` writes them into an object that the caller reuses. */
export interface Header {
  type: DatagramType;
  flags: number;
  serverIndex: number;
  channelIndex: number;
  /** Highest level that may be stepped up to at the end of this slot, 2 or more; 0 for none. */
  stepLevel: number;
  /** FEC Encoding ID: 0 is Compact No-Code (RFC 5445), 6 is RaptorQ (RFC 6330). */
  fecEncodingId: number;
  /** First and last four bytes of the object tag. */
  tagHigh: number;
  tagLow: number;
  /** Counts the datagrams of one server on one channel, without gaps, modulo 2^32. */
  sequence: number;
  /** The server's clock in µs, modulo 2^32 (71.6 min). */
  sendTimeUs: number;
  sizeBytes: number;
  symbolBytes: number;
  blockCount: number;
  block: number;
  esi: number;
  /** Number of the half-second slot of wall-clock time, modulo 2^16. */
  slot: number;
}

/** Why a datagram is not of this format, or cannot be used. */
export type HeaderFault = 'truncated' | 'foreign' | 'wireVersion' | 'type';

export function newHeader(): Header {
  return {
    type: DatagramType.symbol,
    flags: 0,
    serverIndex: 0,
    channelIndex: 0,
    stepLevel: 0,
    fecEncodingId: 0,
    tagHigh: 0,
    tagLow: 0,
    sequence: 0,
    sendTimeUs: 0,
    sizeBytes: 0,
    symbolBytes: 0,
    blockCount: 0,
    block: 0,
    esi: 0,
    slot: 0,
  };
}

/** The tag of a header as a text, by which records and objects are told apart in maps. */
export function tagOf({ tagHigh, tagLow }: Readonly<Header>): string {
  return `${tagHigh}-${tagLow}`;
}

/** Writes the 48 bytes of a header at `at`. Fields are taken modulo their width. */
export function writeHeader(header: Readonly<Header>, bytes: Uint8Array, at: number): void {
  put16(bytes, at, MAGIC);
  bytes[at + 2] = (WIRE_VERSION << 4) | header.type;
  bytes[at + 3] = header.flags;
  bytes[at + 4] = header.serverIndex;
  bytes[at + 5] = header.channelIndex;
  bytes[at + 6] = header.stepLevel;
  bytes[at + 7] = header.fecEncodingId;
  put32(bytes, at + 8, header.tagHigh);
  put32(bytes, at + 12, header.tagLow);
  put32(bytes, at + 16, header.sequence);
  put32(bytes, at + 20, header.sendTimeUs);
  put16(bytes, at + 24, Math.floor(header.sizeBytes / 2 ** 32));
  put32(bytes, at + 26, header.sizeBytes);
  put16(bytes, at + 30, header.symbolBytes);
  put32(bytes, at + 32, header.blockCount);
  put32(bytes, at + 36, header.block);
  put32(bytes, at + 40, header.esi);
  put16(bytes, at + 44, header.slot);
  put16(bytes, at + 46, 0);
}

/** Sets server and channel in a datagram that was made for all of them. */
export function addressDatagram(serverIndex: number, channelIndex: number, bytes: Uint8Array, at: number): void {
  bytes[at + 4] = serverIndex;
  bytes[at + 5] = channelIndex;
}

/** The type of the datagram at `at`, which has a valid header. */
export function typeAt(bytes: Uint8Array, at: number): number {
  return bytes[at + 2]! & 15;
}

/** The fields that are known only when a datagram leaves. */
export interface DepartureMarks {
  readonly sequence: number;
  readonly sendTimeUs: number;
  readonly slot: number;
  readonly stepLevel: number;
  readonly flags: number;
}

/** Completes a header that was written earlier, without touching what the datagram carries. */
export function stampHeader(marks: DepartureMarks, bytes: Uint8Array, at: number): void {
  bytes[at + 3] = marks.flags;
  bytes[at + 6] = marks.stepLevel;
  put32(bytes, at + 16, marks.sequence);
  put32(bytes, at + 20, marks.sendTimeUs);
  put16(bytes, at + 44, marks.slot);
}

/**
 * Reads the header of the datagram of `length` bytes at `bytes[at]` into `into`. Reserved bits are ignored, so that later
 * versions may use them. Returns undefined, or why the datagram is not of this format; the fields of `into` are then
 * unspecified.
 */
export function readHeader(bytes: Uint8Array, at: number, length: number, into: Header): HeaderFault | undefined {
  if (length < 2 || get16(bytes, at) !== MAGIC) return 'foreign';
  if (length < HEADER_BYTES) return 'truncated';
  const versionAndType = bytes[at + 2]!;
  if (versionAndType >> 4 !== WIRE_VERSION) return 'wireVersion';
  const type = versionAndType & 15;
  if (!isType(type)) return 'type';
  into.type = type;
  into.flags = bytes[at + 3]!;
  into.serverIndex = bytes[at + 4]!;
  into.channelIndex = bytes[at + 5]!;
  into.stepLevel = bytes[at + 6]!;
  into.fecEncodingId = bytes[at + 7]!;
  into.tagHigh = get32(bytes, at + 8);
  into.tagLow = get32(bytes, at + 12);
  into.sequence = get32(bytes, at + 16);
  into.sendTimeUs = get32(bytes, at + 20);
  into.sizeBytes = get16(bytes, at + 24) * 2 ** 32 + get32(bytes, at + 26);
  into.symbolBytes = get16(bytes, at + 30);
  into.blockCount = get32(bytes, at + 32);
  into.block = get32(bytes, at + 36);
  into.esi = get32(bytes, at + 40);
  into.slot = get16(bytes, at + 44);
  return undefined;
}

function isType(type: number): type is DatagramType {
  return type <= DatagramType.run;
}

// Not with DataView, which would need one view for each datagram, because each datagram is in its own buffer.

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function get16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function get32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
