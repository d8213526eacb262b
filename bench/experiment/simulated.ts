import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseScenario } from '../../dist/scenario/load-scenario.js';
import { simulate } from '../../dist/simulate/index.js';
import { type Cell, type MethodName, nameOf, sizeBytesOf } from './cells.js';
import { fleetOf, LEVELS } from './methods/layercast.js';
import type { Result } from './result.js';
import { scenarioOf } from './scenario-text.js';
import { startSecondsOf } from './start-times.js';
import { clientsOf, SERVERS } from './topology.js';

/** Ways that the simulator has, with the levels and servers that they have in namespaces. */
const SIMULATED: Partial<Record<MethodName, { readonly serverCount: number; readonly levels: readonly number[] }>> = {
  layercast: { serverCount: 1, levels: LEVELS },
  'layercast-two': { serverCount: 2, levels: LEVELS },
  'layercast-one-rate': { serverCount: 1, levels: LEVELS.slice(-1) },
};

export function isSimulated(method: MethodName): boolean {
  return SIMULATED[method] !== undefined;
}

/** Runs a cell in virtual time: the same hosts, links, rates and starts as `play` has in namespaces. Rejects when the signal aborts. */
export async function playSimulated(
  cell: Cell,
  run: number,
  linkBitsPerSecond: number,
  signal: AbortSignal,
): Promise<Result> {
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
      signal,
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
