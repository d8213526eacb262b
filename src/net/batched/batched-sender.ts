import type { Destination, SendSocket } from '../../base/ports.js';
import type { InterfaceBinding } from '../interfaces/interface-binding.js';
import type { SourceChoice } from '../interfaces/source-address.js';
import { openSender, type SenderWorld } from '../open-sender.js';
import { sendBufferBytes } from '../send-buffer.js';
import { addressIn, socketAddress } from '../socket-address.js';
import {
  IPPROTO_IPV6,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_TCLASS,
} from '../socket-numbers.js';
import type { BatchSystem } from './batch-system.js';
import { closeDescriptor, openDescriptor } from './descriptor.js';
import { SegmentedSocket } from './segmented-socket.js';
import { set, setSendBuffer } from './socket-options.js';

/** See `openSender`. */
export function openBatchedSender(
  system: BatchSystem,
  destination: Destination,
  world?: SenderWorld,
): Promise<SendSocket> {
  return openSender(destination, async (...from) => connected(system, ...from), world);
}

function connected(
  system: BatchSystem,
  { group, port, hopLimit, dscp, rateBitsPerSecond }: Destination,
  { source, isLinkLocal }: SourceChoice,
  { index }: InterfaceBinding,
): SegmentedSocket {
  const { calls } = system;
  const fd = openDescriptor(calls);
  try {
    if (index !== 0) set(calls, fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
    set(calls, fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hopLimit);
    set(calls, fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1);
    // The traffic class holds the code point in its upper six bits (RFC 2474, section 3).
    if (dscp !== 0) set(calls, fd, IPPROTO_IPV6, IPV6_TCLASS, dscp << 2);
    setSendBuffer(calls, fd, sendBufferBytes(rateBitsPerSecond));
    if (source !== undefined) calls.bind(fd, socketAddress(source, 0, isLinkLocal ? index : 0));
    calls.connect(fd, socketAddress(group, port, index));
    return new SegmentedSocket(system, fd, addressIn(calls.getsockname(fd)));
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}
