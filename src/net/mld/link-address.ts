import { bytesOfAddress } from '../../base/ipv6-text.js';
import { AF_PACKET, ETH_P_IPV6, PACKET_MR_MULTICAST } from '../socket-numbers.js';

/** Bytes of an Ethernet address. */
const ADDRESS_BYTES = 6;

/** The Ethernet address of an IPv6 multicast group: 33:33, and the group's last four bytes (RFC 2464, section 7). */
export function linkAddressOf(group: Uint8Array): Uint8Array {
  return Uint8Array.of(0x33, 0x33, ...group.subarray(12, 16));
}

/**
 * A struct sockaddr_ll of Linux, for IPv6: family, protocol in network byte order, index of the interface, kind of hardware, kind of packet, length of
 * the address, and the address in eight bytes.
 *
 * @param address where to send; undefined for binding
 */
export function linkSocketAddress(index: number, address?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set(new Uint8Array(Uint16Array.of(AF_PACKET).buffer), 0);
  bytes.set([ETH_P_IPV6 >> 8, ETH_P_IPV6 & 255], 2);
  bytes.set(new Uint8Array(Int32Array.of(index).buffer), 4);
  if (address !== undefined) {
    bytes[11] = ADDRESS_BYTES;
    bytes.set(address, 12);
  }
  return bytes;
}

/** A struct packet_mreq, with which the interface also takes what is sent to a group: index, kind, length of the address, and the address in eight bytes. */
export function linkMembership(index: number, group: string): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new Uint8Array(Int32Array.of(index).buffer), 0);
  bytes.set(new Uint8Array(Uint16Array.of(PACKET_MR_MULTICAST, ADDRESS_BYTES).buffer), 4);
  bytes.set(linkAddressOf(bytesOfAddress(group)), 8);
  return bytes;
}
