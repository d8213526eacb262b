import { randomUUID } from 'node:crypto';
import type { Clock, Network } from '../../base/ports.js';
import { SourceTable } from '../../base/source-table.js';
import { systemWatch } from '../interfaces/interface-watch.js';
import { hearReports } from '../mld/report-socket.js';
import { SocketDrops } from '../socket-drops.js';
import type { BatchSystem } from './batch-system.js';
import { joinBatchedGroup } from './batched-membership.js';
import { openBatchedSender } from './batched-sender.js';
import { ReadRounds } from './read-rounds.js';
import { ReceiveBuffers } from './receive-buffers.js';
import { MAX_SEGMENTED_BYTES, MAX_SEGMENTS } from './segmented-socket.js';
import { SourceNumbers } from './source-numbers.js';

/**
 * Real sockets of Linux, called through koffi: one system call for many datagrams, in both directions, and the system's arrival times.
 * All of it runs on the thread that makes the network.
 */
export function batchedNetworkOn(clock: Clock, system: BatchSystem): Network {
  const sources = new SourceTable(randomUUID());
  const drops = new SocketDrops();
  const rounds = new ReadRounds(system.calls, system.features.hasTimes);
  let buffers: ReceiveBuffers | undefined;
  const { hasTimes, hasDrops } = system.features;
  return {
    capabilities: {
      maxBatchCount: MAX_SEGMENTS,
      maxBatchBytes: MAX_SEGMENTED_BYTES,
      hasSystemArrivals: hasTimes,
      hasDropsInBatches: hasDrops,
    },
    openSender: (destination) => openBatchedSender(system, destination),
    join: (request, onBatch) => {
      buffers ??= new ReceiveBuffers(system, clock, new SourceNumbers(sources));
      return joinBatchedGroup(request, onBatch, { system, buffers, rounds, watch: systemWatch });
    },
    hearReports: (interfaceName, onPackets) =>
      hearReports(interfaceName, onPackets, { system, rounds, watch: systemWatch }),
    readArrived: () => rounds.readArrived(),
    sourceAddress: (sourceId) => sources.addressOf(sourceId),
    ...(hasDrops ? {} : { dropped: () => drops.total() }),
  };
}
