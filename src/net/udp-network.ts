import type { Network } from '../ports.js';
import { joinUdpGroup } from './udp-membership.js';
import { openUdpSender } from './udp-sender.js';

/** Real sockets by node:dgram alone: works wherever Node does, one system call a datagram. */
export const udpNetwork: Network = { openSender: openUdpSender, join: joinUdpGroup };
