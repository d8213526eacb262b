/** The next header of ICMPv6 (RFC 4443). */
export const ICMPV6 = 58;

/** Bytes of an IPv6 header (RFC 8200, section 3). */
export const IPV6_BYTES = 40;

/**
 * The checksum of an ICMPv6 message (RFC 8200, section 8.1); 0 for a message that has its right checksum already.
 *
 * @param packet whole IPv6 packet, for its addresses
 * @param message the ICMPv6 message in it
 */
export function icmpv6Checksum(packet: Uint8Array, message: Uint8Array): number {
  let sum = message.length + ICMPV6;
  for (let at = 8; at < IPV6_BYTES; at += 2) sum += readShort(packet, at);
  for (let at = 0; at < message.length; at += 2)
    sum += at + 1 < message.length ? readShort(message, at) : message[at]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum ^ 0xffff;
}

export function readShort(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}
