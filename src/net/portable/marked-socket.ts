import { createSocket, type Socket } from 'node:dgram';
import { LayercastError } from '../../base/errors.js';
import { findLibc, type Koffi, type Libc } from '../libc.js';
import { AF_INET6, socketAddress } from '../socket-address.js';
import { IPPROTO_IPV6, IPV6_TCLASS, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from '../socket-numbers.js';

/** The address that a marked socket is bound to, with any port. */
export interface BindAddress {
  readonly address: string;
  /** Index of the interface that a link-local address belongs to; 0 for other addresses. */
  readonly scopeId: number;
}

/** The C library, found once: each function that koffi makes stays in memory. */
let found: Libc | undefined;

/**
 * Makes a UDP socket whose datagrams carry a DiffServ code point (RFC 2474). Node has no call for this, so the C library makes
 * the socket, called through the optional dependency koffi, and Node takes the socket over.
 *
 * @param dscp 1–63.
 * @param at undefined lets the system choose the address.
 * @returns a socket that is open, and bound if there is an address.
 * @throws {LayercastError} `NETWORK_UNAVAILABLE` where koffi, Linux or a C library is missing.
 * @throws {Error} with the system's errno name as `code` when the system refuses. No descriptor is left open then.
 */
export async function markedSocket(dscp: number, at: BindAddress | undefined): Promise<Socket> {
  found ??= await libcFor(dscp, () => import('koffi').then((module) => module.default));
  return openMarked(found, dscp, at);
}

/** @throws {LayercastError} `NETWORK_UNAVAILABLE` where koffi, Linux or a C library is missing. */
export async function libcFor(
  dscp: number,
  importKoffi: () => Promise<Koffi>,
  platform: string = process.platform,
): Promise<Libc> {
  if (platform !== 'linux') throw unavailable(dscp, `this system is ${platform}`);
  const koffi = await importKoffi().catch((cause: unknown) => {
    throw unavailable(dscp, 'the optional package koffi is not installed or does not run here', cause);
  });
  const libc = findLibc(koffi);
  if (libc === undefined) throw unavailable(dscp, 'the C library of this system was not found');
  return libc;
}

/** See `markedSocket`. */
export function openMarked(libc: Libc, dscp: number, at: BindAddress | undefined): Socket {
  const fd = libc.socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  try {
    // The traffic class holds the code point in its upper six bits (RFC 2474, section 3).
    libc.setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, new Uint8Array(Int32Array.of(dscp << 2).buffer));
    if (at !== undefined) libc.bind(fd, socketAddress(at.address, 0, at.scopeId));
    return takenOver(fd);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Gives a descriptor to Node. If this throws, the caller still owns the descriptor. */
function takenOver(fd: number): Socket {
  const socket = createSocket('udp6');
  try {
    socket.bind({ fd, exclusive: true });
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function unavailable(dscp: number, why: string, cause?: unknown): LayercastError {
  return new LayercastError('NETWORK_UNAVAILABLE', `cannot mark datagrams with dscp ${dscp}: ${why}`, {
    hint: 'Leave dscp out of the fleet file and mark the traffic at the firewall or switch',
    cause,
  });
}
