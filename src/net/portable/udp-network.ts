import { randomUUID } from 'node:crypto';
import type { Clock, Network } from '../../base/ports.js';
import { SourceTable } from '../../base/source-table.js';
import { systemClock } from '../../base/system-clock.js';
import { systemWatch } from '../interfaces/interface-watch.js';
import { SocketDrops } from '../socket-drops.js';
import { joinUdpGroup } from './udp-membership.js';
import { openUdpSender } from './udp-sender.js';

/**
 * Real sockets by node:dgram alone. This works wherever Node does, with one system call for each datagram.
 *
 * @param clock gives each datagram its arrival time: the time at which Node hands it over.
 */
export function udpNetworkOn(clock: Clock): Network {
  const drops = new SocketDrops();
  const sources = new SourceTable(randomUUID());
  return {
    openSender: (destination) => openUdpSender(destination),
    join: (request, onBatch) => joinUdpGroup(request, onBatch, { clock, sources, watch: systemWatch }),
    sourceAddress: (sourceId) => sources.addressOf(sourceId),
    dropped: () => drops.total(),
  };
}

/** The sockets of this host, with its own clock. */
export const udpNetwork: Network = udpNetworkOn(systemClock);
