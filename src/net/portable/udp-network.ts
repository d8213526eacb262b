import type { Network } from '../../base/ports.js';
import { SocketDrops } from './socket-drops.js';
import { joinUdpGroup } from './udp-membership.js';
import { openUdpSender } from './udp-sender.js';

const drops = new SocketDrops();

/** Real sockets by node:dgram alone: works wherever Node does, one system call a datagram. */
export const udpNetwork: Network = {
  openSender: (destination) => openUdpSender(destination),
  join: (request, onBatch) => joinUdpGroup(request, onBatch),
  dropped: () => drops.total(),
};
