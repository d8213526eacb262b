import { bytesOfAddress } from '../../base/ipv6-text.js';
import type { MembershipRequest } from '../../base/ports.js';
import type { InterfaceBinding } from '../interfaces/interface-binding.js';
import { socketAddress } from '../socket-address.js';
import {
  IPPROTO_IPV6,
  IPPROTO_UDP,
  IPV6_JOIN_GROUP,
  IPV6_LEAVE_GROUP,
  IPV6_MULTICAST_ALL,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  SO_REUSEADDR,
  SO_RXQ_OVFL,
  SO_TIMESTAMPNS,
  SOL_SOCKET,
  UDP_GRO,
} from '../socket-numbers.js';
import type { BatchSystem } from './batch-system.js';
import { closeDescriptor, openDescriptor } from './descriptor.js';
import { set, setReceiveBuffer, trySet } from './socket-options.js';

/** 8 MB is 20 ms at 3.2 Gbit/s: longer than a garbage collection. Without CAP_NET_ADMIN the system may allow less (net.core.rmem_max). */
export const RECEIVE_BUFFER_BYTES = 8 * 2 ** 20;

/**
 * Opens a socket that is bound to a group and a member of it.
 *
 * @returns its descriptor
 * @throws {Error} with the system's errno name as `code` when the system refuses. No descriptor is left open then.
 */
export function openGroupSocket(system: BatchSystem, request: MembershipRequest, binding: InterfaceBinding): number {
  const { calls, features } = system;
  const fd = openDescriptor(calls);
  try {
    set(calls, fd, SOL_SOCKET, SO_REUSEADDR, 1);
    setReceiveBuffer(calls, fd, RECEIVE_BUFFER_BYTES);
    if (features.hasTimes) set(calls, fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    if (features.hasDrops) set(calls, fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
    if (features.canCoalesce && request.isTimed !== true) set(calls, fd, IPPROTO_UDP, UDP_GRO, 1);
    // After a leave, nothing comes any more, even if another socket of this host is in the group. Linux before 4.20 lacks this.
    trySet(calls, fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
    calls.bind(fd, socketAddress(request.group, request.port, binding.index));
    for (const [name, value] of changes(system, request, binding, true))
      calls.setsockopt(fd, IPPROTO_IPV6, name, value);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** Leaves the group. The interface may be gone, which ends a membership too. */
export function leaveGroup(
  system: BatchSystem,
  fd: number,
  request: MembershipRequest,
  binding: InterfaceBinding,
): void {
  for (const [name, value] of changes(system, request, binding, false)) {
    try {
      system.calls.setsockopt(fd, IPPROTO_IPV6, name, value);
    } catch {
      // Closing the socket ends the membership.
    }
  }
}

/** The socket options that join or leave a group, or a group from each source. */
function changes(
  { layout }: BatchSystem,
  { group, sources }: MembershipRequest,
  { index }: InterfaceBinding,
  joins: boolean,
): (readonly [number, Uint8Array])[] {
  const interfaceBytes = new Uint8Array(Uint32Array.of(index).buffer);
  if (sources.length === 0) {
    // A struct ipv6_mreq: group, index of the interface.
    const request = new Uint8Array(20);
    request.set(bytesOfAddress(group), 0);
    request.set(interfaceBytes, 16);
    return [[joins ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, request]];
  }
  // Servers on one host share an address, and the system accepts each address only once.
  return [...new Set(sources)].map((source) => {
    const request = new Uint8Array(layout.sourceRequestBytes);
    request.set(interfaceBytes, 0);
    request.set(socketAddress(group, 0, 0), layout.requestGroupAt);
    request.set(socketAddress(source, 0, 0), layout.requestSourceAt);
    return [joins ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, request] as const;
  });
}
