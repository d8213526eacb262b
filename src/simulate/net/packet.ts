import { IP_AND_UDP_BYTES } from '../../base/limits.js';
import { type Header, newHeader, readHeader } from '../../wire/header.js';
import type { Prng } from '../random/prng.js';

/**
 * All datagrams from one source to one group and port. There is one object for each flow, so that tables can be keyed by it.
 */
export interface Flow {
  readonly group: string;
  readonly port: number;
  readonly source: string;
}

/** A datagram under way. All its receivers share its bytes, and none may write to them. */
export interface Packet {
  readonly flow: Flow;
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly length: number;
  /** Size with IPv6 and UDP headers. */
  readonly wireBytes: number;
  /** Its header, read once for all that measure it: undefined until asked for, null if it is no datagram of ours. */
  header: Header | null | undefined;
}

export function packetOf(flow: Flow, buffer: Uint8Array, start: number, length: number): Packet {
  return { flow, buffer, start, length, wireBytes: length + IP_AND_UDP_BYTES, header: undefined };
}

/** The header of a packet, which must not be written to; undefined if it is no datagram of ours. */
export function headerOf(packet: Packet): Readonly<Header> | undefined {
  if (packet.header === undefined) {
    const header = newHeader();
    packet.header = readHeader(packet.buffer, packet.start, packet.length, header) === undefined ? header : null;
  }
  return packet.header ?? undefined;
}

/** A copy with one to eight flipped bits, or cut short. A checksum of 16 bits misses such damage now and then. */
export function damaged({ flow, buffer, start, length, wireBytes }: Packet, prng: Prng): Packet {
  const bytes = buffer.slice(start, start + length);
  if (length === 0 || prng.happens(0.5)) {
    return { flow, buffer: bytes, start: 0, length: prng.below(length), wireBytes, header: undefined };
  }
  for (let flips = 1 + prng.below(8); flips > 0; flips--) bytes[prng.below(length)]! ^= 1 << prng.below(8);
  return { flow, buffer: bytes, start: 0, length, wireBytes, header: undefined };
}
