import { type Cell, sizeBytesOf } from './cells.js';
import { isSlow, SLOW_SHARE } from './links.js';
import { clientsOf, treeOf } from './topology.js';

/** From the last leave until a LAN is silent: two queries for the last member, one second apart (RFC 3810, section 9). */
const LEAVE_LATENCY = '2s';
const QUEUE = '50ms';
/** A client behind a link of a tenth takes ten times as long; this is three times that. */
const PATIENCE = 30;

interface Setting {
  /** Path of the fleet file. */
  readonly fleet: string;
  readonly servers: readonly string[];
  readonly linkBitsPerSecond: number;
  readonly idealSeconds: number;
  readonly startSeconds: readonly number[];
}

/** The scenario file of a cell: a link for each router and for each client, below the servers' LAN `core`. */
export function scenarioOf(
  cell: Cell,
  { fleet, servers, linkBitsPerSecond, idealSeconds, startSeconds }: Setting,
): string {
  const { lans, routers } = treeOf(cell.topology, cell.clientCount);
  const clients = clientsOf(cell.clientCount);
  const rate = (bitsPerSecond: number) => `rate: ${Math.round(bitsPerSecond / 1000)}kbit, queue: ${QUEUE}`;
  const aboveOf = (lan: string) => Object.entries(routers).find(([, { below }]) => below.includes(lan))?.[0];
  const rows = Object.entries(routers).map(([name, { above }]) => {
    const next = aboveOf(above);
    return `  ${name}: { ${next === undefined ? 'below: core, ' : `below: ${next}, `}${rate(linkBitsPerSecond)}, leaveLatency: ${LEAVE_LATENCY} }`;
  });
  const below = clients.map((client) => {
    const lan = Object.entries(lans).find(([, hosts]) => hosts.includes(client))![0];
    return aboveOf(lan) ?? 'core';
  });
  const links = clients.map((client, index) => {
    const own = linkBitsPerSecond * (isSlow(cell, index) ? SLOW_SHARE : 1);
    return `  port-${client}: { below: ${below[index]}, ${rate(own)}, leaveLatency: ${LEAVE_LATENCY} }`;
  });
  return [
    `duration: ${Math.ceil(PATIENCE * idealSeconds)}s`,
    `object: { fleet: ${fleet}, size: ${sizeBytesOf(cell.size)}B }`,
    'servers:',
    ...servers.map((name) => `  ${name}: { ${rate(linkBitsPerSecond)} }`),
    'links:',
    '  core: {}',
    ...rows,
    ...links,
    'receivers:',
    ...clients.map(
      (client, index) => `  ${client}: { below: port-${client}, start: ${Math.round(startSeconds[index]! * 1000)}ms }`,
    ),
    '',
  ].join('\n');
}
