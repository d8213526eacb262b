/**
 * The datagrams of iotupd, the Librecast project's update server: each is one frame with a piece of a file. Three layouts exist, which
 * their lengths tell apart:
 *
 * | length | layout |
 * |---|---|
 * | 1246 | sequence u16, size u64, offset u64, length u16, all big-endian; hash 32; data 1194 |
 * | 1251 | opcode u8; size, offset, length u64 in the sender's byte order; hash 32; data 1194 |
 * | 1252 | sequence u16 big-endian; size, offset, length u64 in the sender's byte order; hash 32; data 1194 |
 *
 * The hash is that of the whole file. Nothing in a frame is signed.
 */

export const FRAME_LENGTHS = [1246, 1251, 1252] as const;
/** Length of a frame, which names its layout. */
export type FrameBytes = (typeof FRAME_LENGTHS)[number];

/** Bytes of the file that a frame has room for. */
export const FRAME_DATA_BYTES = 1194;
export const FRAME_HASH_BYTES = 32;
/** iotupd counts offsets in a signed integer of 32 bits, so it sends no larger file. */
export const MAX_FRAME_FILE_BYTES = 2 ** 31 - 1;

interface Layout {
  /** Where the sequence number stands; undefined: the layout has none. */
  readonly sequence: number | undefined;
  readonly size: number;
  readonly offset: number;
  readonly length: number;
  /** Whether the length has two bytes; otherwise it has eight. */
  readonly isShortLength: boolean;
  /** Whether numbers are big-endian for certain. */
  readonly isNetworkOrder: boolean;
  readonly hash: number;
}

const LAYOUTS: Readonly<Record<FrameBytes, Layout>> = {
  1246: { sequence: 0, size: 2, offset: 10, length: 18, isShortLength: true, isNetworkOrder: true, hash: 20 },
  1251: { sequence: undefined, size: 1, offset: 9, length: 17, isShortLength: false, isNetworkOrder: false, hash: 25 },
  1252: { sequence: 0, size: 2, offset: 10, length: 18, isShortLength: false, isNetworkOrder: false, hash: 26 },
};

/** Why a datagram is no frame: its length, a file size that iotupd cannot send, or bytes outside the file. */
export type FrameFault = 'length' | 'size' | 'range';

/** One frame's fields; `readFrame` writes over them. The hash and the data stay in the datagram. */
export class Frame {
  frameBytes: FrameBytes = 1246;
  /** Modulo 2^16; undefined in the layout that has none. */
  sequence: number | undefined;
  sizeBytes = 0;
  offset = 0;
  /** Bytes of the file in the frame; 0 in the frame that iotupd sends after a file of whole frames. */
  dataBytes = 0;
  /** Where in the datagram's buffer the hash and the data begin. */
  hashStart = 0;
  dataStart = 0;
}

/**
 * Reads the datagram `bytes[start .. start + length]` into `frame`.
 *
 * Sizes of 1 to 2^31 − 1 have their four zero bytes at one end, so a number in the sender's byte order can be read without knowing the
 * sender.
 *
 * @returns why the datagram is no frame; undefined if it is one
 */
export function readFrame(bytes: Uint8Array, start: number, length: number, frame: Frame): FrameFault | undefined {
  if (length !== 1246 && length !== 1251 && length !== 1252) return 'length';
  const layout = LAYOUTS[length];
  const isBig = layout.isNetworkOrder || isZero(bytes, start + layout.size);
  const sizeBytes = readNumber(bytes, start + layout.size, isBig);
  if (!(sizeBytes >= 1 && sizeBytes <= MAX_FRAME_FILE_BYTES)) return 'size';
  const offset = readNumber(bytes, start + layout.offset, isBig);
  const at = start + layout.length;
  const dataBytes = layout.isShortLength ? readShort(bytes, at) : readNumber(bytes, at, isBig);
  if (dataBytes > FRAME_DATA_BYTES || offset + dataBytes > sizeBytes) return 'range';
  frame.frameBytes = length;
  frame.sequence = layout.sequence === undefined ? undefined : readShort(bytes, start + layout.sequence);
  frame.sizeBytes = sizeBytes;
  frame.offset = offset;
  frame.dataBytes = dataBytes;
  frame.hashStart = start + layout.hash;
  frame.dataStart = frame.hashStart + FRAME_HASH_BYTES;
  return undefined;
}

/** Where in a frame of this length its data begins. */
export function frameDataStart(frameBytes: FrameBytes): number {
  return LAYOUTS[frameBytes].hash + FRAME_HASH_BYTES;
}

/**
 * Writes the fields of a frame to `into`, from byte `start` on; the data is already there. Numbers in the sender's byte order become
 * little-endian, which nearly every host has that runs iotupd's receiver.
 */
export function writeFrameHeader(
  into: Uint8Array,
  start: number,
  fields: Pick<Frame, 'frameBytes' | 'sizeBytes' | 'offset' | 'dataBytes'> & { readonly sequence: number },
  hash: Uint8Array,
): void {
  const layout = LAYOUTS[fields.frameBytes];
  const isBig = layout.isNetworkOrder;
  into.fill(0, start, start + layout.hash);
  if (layout.sequence !== undefined) writeShort(into, start + layout.sequence, fields.sequence % 2 ** 16);
  writeNumber(into, start + layout.size, fields.sizeBytes, isBig);
  writeNumber(into, start + layout.offset, fields.offset, isBig);
  if (layout.isShortLength) writeShort(into, start + layout.length, fields.dataBytes);
  else writeNumber(into, start + layout.length, fields.dataBytes, isBig);
  into.set(hash, start + layout.hash);
}

/** Whether the first four of eight bytes are zero. */
function isZero(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!) === 0;
}

function readShort(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}

/** An unsigned number of 64 bits. Those above 2^53 lose digits, but stay above every bound here. */
function readNumber(bytes: Uint8Array, at: number, isBig: boolean): number {
  let value = 0;
  for (let i = 0; i < 8; i++) value = value * 256 + bytes[isBig ? at + i : at + 7 - i]!;
  return value;
}

function writeShort(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 8;
  into[at + 1] = value & 255;
}

/** @param value below 2^32 */
function writeNumber(into: Uint8Array, at: number, value: number, isBig: boolean): void {
  for (let i = 0; i < 4; i++) into[isBig ? at + 7 - i : at + i] = (value >>> (8 * i)) & 255;
}
