import type { Network } from '../ports.js';
import { SocketDrops } from './socket-drops.js';
import { joinUdpGroup } from './udp-membership.js';
import { openUdpSender } from './udp-sender.js';

const drops = new SocketDrops();

/** Real sockets by node:dgram alone: works wherever Node does, one system call a datagram. */
export const udpNetwork: Network = { openSender: openUdpSender, join: joinUdpGroup, dropped: () => drops.total() };
