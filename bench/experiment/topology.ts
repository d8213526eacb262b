import type { Tree } from '../../test/lab/routed-plan.js';
import type { Topology } from './cells.js';

/** Rows of routers below the servers' LAN: each router has two LANs below it, but in the last row one, if there are several rows. */
const ROWS: Readonly<Record<Topology, number>> = { lan: 0, 'two-lans': 1, 'four-a-lan': 2, 'two-a-lan': 3 };

export const SERVERS = ['alpha', 'beta'] as const;

/** Clients `c1`, `c2`, … in their order, spread over the LANs at the bottom in turn. */
export function clientsOf(clientCount: number): readonly string[] {
  return Array.from({ length: clientCount }, (_, index) => `c${index + 1}`);
}

/**
 * The hosts, LANs and routers of a topology: a binary tree of routers below the LAN `core` of the servers. `lan` has no router, and all
 * clients are on `core`. `two-lans` has one router, with two LANs. With more rows, LANs between routers have no hosts, and each router of the
 * last row has one LAN: two in `four-a-lan`, four in `two-a-lan`.
 */
export function treeOf(topology: Topology, clientCount: number): Tree {
  const rows = ROWS[topology];
  const clients = clientsOf(clientCount);
  if (rows === 0) return { lans: { core: [...SERVERS, ...clients] }, routers: {} };
  const lanCount = rows === 1 ? 2 : 2 ** (rows - 1);
  const bottom = Array.from({ length: lanCount }, (_, lan) => `lan${lan + 1}`);
  const hosts = bottom.map((name, lan) => [name, clients.filter((_, index) => index % lanCount === lan)] as const);
  const routers: Record<string, Tree['routers'][string]> = {};
  const middle: string[] = [];
  let above = ['core'];
  for (let row = 0; row < rows; row++) {
    const isLast = row === rows - 1;
    const below = isLast ? bottom : Array.from({ length: 2 ** (row + 1) }, (_, lan) => `mid${row + 1}-${lan + 1}`);
    if (!isLast) middle.push(...below);
    const each = below.length / above.length;
    for (const [index, lan] of above.entries()) {
      routers[`router${Object.keys(routers).length + 1}`] = {
        above: lan,
        below: below.slice(index * each, (index + 1) * each),
      };
    }
    above = below;
  }
  const empty = middle.map((name) => [name, []] as const);
  return { lans: Object.fromEntries([['core', [...SERVERS]], ...empty, ...hosts]), routers };
}
