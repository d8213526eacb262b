import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseScenario } from '../../dist/scenario/load-scenario.js';
import { simulate } from '../../dist/simulate/index.js';
import { type Cell, type MethodName, nameOf, sizeBytesOf } from './cells.js';
import { isSlow, SLOW_SHARE } from './links.js';
import { fleetOf, LEVELS } from './methods/layercast.js';
import type { Result } from './result.js';
import { startSecondsOf } from './start-times.js';
import { clientsOf, SERVERS, treeOf } from './topology.js';

/** Ways that the simulator has, with the levels and servers that they have in namespaces. */
const SIMULATED: Partial<Record<MethodName, { readonly serverCount: number; readonly levels: readonly number[] }>> = {
  layercast: { serverCount: 1, levels: LEVELS },
  'layercast-two': { serverCount: 2, levels: LEVELS },
  'layercast-one-rate': { serverCount: 1, levels: LEVELS.slice(-1) },
};
/** From the last leave until a LAN is silent: two queries for the last member, one second apart (RFC 3810, section 9). */
const LEAVE_LATENCY = '2s';
const QUEUE = '50ms';
/** A client behind a link of a tenth takes ten times as long; this is three times that. */
const PATIENCE = 30;

export function isSimulated(method: MethodName): boolean {
  return SIMULATED[method] !== undefined;
}

/** Runs a cell in virtual time: the same hosts, links, rates and starts as `play` has in namespaces. */
export async function playSimulated(cell: Cell, run: number, linkBitsPerSecond: number): Promise<Result> {
  const { serverCount, levels } = SIMULATED[cell.method]!;
  const idealSeconds = (sizeBytesOf(cell.size) * 8) / linkBitsPerSecond;
  const startSeconds = startSecondsOf(cell.schedule, { clientCount: cell.clientCount, idealSeconds, run });
  const servers = SERVERS.slice(0, serverCount);
  const seconds: (number | null)[] = startSeconds.map(() => null);
  const folder = await mkdtemp(join(tmpdir(), 'layercast-experiment-'));
  const startCpu = process.cpuUsage();
  try {
    const fleet = join(folder, 'fleet.yaml');
    await writeFile(fleet, fleetOf({ file: 'file', linkBitsPerSecond }, servers, levels));
    const text = scenarioOf(cell, { fleet, servers, linkBitsPerSecond, idealSeconds, startSeconds });
    const scenario = await parseScenario(text, join(folder, 'scenario.yaml'), String(run));
    const clients = clientsOf(cell.clientCount);
    let endMs = 0;
    const summary = await simulate(scenario, {
      onEvent: (event) => {
        if (event.event !== 'complete') return;
        seconds[clients.indexOf(event.receiver)] = event.elapsedMs / 1000;
        endMs = event.atMs;
      },
    });
    const { atMs, links } = summary;
    const core = links.find(({ link }) => link === 'core')!;
    const { user, system } = process.cpuUsage(startCpu);
    return {
      cell: nameOf(cell),
      linkBitsPerSecond,
      run,
      at: new Date().toISOString(),
      seconds,
      startSeconds,
      ends: seconds.map((value) => (value === null ? 'not complete at the end' : 'complete')),
      lastedSeconds: Math.max(1, endMs === 0 ? atMs : endMs) / 1000,
      serverBytes: (core.rateBitsPerSecond * atMs) / 8000,
      serverCpuSeconds: (user + system) / 1e6,
      serverMegabytes: process.resourceUsage().maxRSS / 1000,
      load: 0,
      busyRatio: 0,
      freeMegabytes: 0,
      links: {},
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

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
