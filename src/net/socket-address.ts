import { bytesOfAddress, textOfAddress } from '../base/ipv6-text.js';

/** Number of Linux's <sys/socket.h>. */
export const AF_INET6 = 10;

/** Bytes of a struct sockaddr_in6: family (2), port (2), flow information (4), address (16), scope id (4). */
export const SOCKET_ADDRESS_BYTES = 28;
/** Where the address begins in it. */
export const ADDRESS_AT = 8;

/**
 * A struct sockaddr_in6 of Linux.
 *
 * @param scopeId index of the interface that a link-local address belongs to; 0 for other addresses
 */
export function socketAddress(address: string, port: number, scopeId: number): Uint8Array {
  const bytes = new Uint8Array(SOCKET_ADDRESS_BYTES);
  bytes.set(new Uint8Array(Uint16Array.of(AF_INET6).buffer), 0);
  // Network byte order.
  bytes.set([port >>> 8, port & 255], 2);
  bytes.set(bytesOfAddress(address), ADDRESS_AT);
  bytes.set(new Uint8Array(Uint32Array.of(scopeId).buffer), 24);
  return bytes;
}

/** The address in a struct sockaddr_in6, as text without zone. */
export function addressIn(socketAddressBytes: Uint8Array): string {
  return textOfAddress(socketAddressBytes.subarray(ADDRESS_AT, ADDRESS_AT + 16));
}
