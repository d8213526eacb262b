import { ICMPV6, IPV6_BYTES, icmpv6Checksum } from './icmpv6.js';

/** All-Snoopers, to which multicast routers advertise themselves (RFC 4286, section 3). */
const ALL_SNOOPERS = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x6a);
/** Next header; length in units of 8 bytes after the first; router alert of MLD (RFC 2711); two bytes of padding (PadN). */
const HOP_BY_HOP = Uint8Array.of(ICMPV6, 0, 5, 2, 0, 0, 1, 0);

/**
 * Advertises a multicast router (RFC 4286, section 3): switches that snoop then pass on to this port what listeners report. An IPv6 packet.
 *
 * @param source link-local address of the interface, 16 bytes
 * @param intervalS seconds until the next advertisement, 4–180
 */
export function routerAdvertisement(source: Uint8Array, intervalS: number): Uint8Array {
  // A query interval and a robustness of 0 say that this is no querier.
  return packetOf(source, Uint8Array.of(151, intervalS, 0, 0, 0, 0, 0, 0));
}

/** Ends what `routerAdvertisement` said (RFC 4286, section 3.3). */
export function routerTermination(source: Uint8Array): Uint8Array {
  return packetOf(source, Uint8Array.of(153, 0, 0, 0));
}

function packetOf(source: Uint8Array, message: Uint8Array): Uint8Array {
  const start = IPV6_BYTES + HOP_BY_HOP.length;
  const packet = new Uint8Array(start + message.length);
  // Version 6; the next header is the hop-by-hop header (0); hop limit 1.
  packet.set([0x60, 0, 0, 0, 0, packet.length - IPV6_BYTES, 0, 1]);
  packet.set(source, 8);
  packet.set(ALL_SNOOPERS, 24);
  packet.set(HOP_BY_HOP, IPV6_BYTES);
  packet.set(message, start);
  const checksum = icmpv6Checksum(packet, message);
  packet.set([checksum >> 8, checksum & 255], start + 2);
  return packet;
}
