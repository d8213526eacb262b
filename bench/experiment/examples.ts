import { type Cell, cellsOf, sizeBytesOf, WORDS } from './cells.js';
import { fleetOf, LEVELS } from './methods/layercast.js';
import { scenarioOf } from './scenario-text.js';
import { startSecondsOf } from './start-times.js';
import { SERVERS } from './topology.js';

const LINK_BITS_PER_SECOND = 20e6;
const GRID = { method: ['layercast'], clientCounts: [8], sizes: ['8MB'] } as const;

const TOPOLOGIES: Readonly<Record<Cell['topology'], string>> = {
  lan: 'A server and eight clients on one LAN',
  'two-lans': 'A server, one router, and two LANs of four clients below it',
  'four-a-lan': 'A server, two rows of routers (1 + 2), and four clients below each of the last two',
  'two-a-lan': 'A server, three rows of routers (1 + 2 + 4), and two clients below each of the last four',
};
const LINKS: Readonly<Record<Cell['links'], string>> = {
  equal: 'Every link has 20 Mbit/s',
  unequal: 'Links have 20 Mbit/s; those of every third client a tenth of it',
};
const SCHEDULES: Readonly<Record<Cell['schedule'], string>> = {
  immediate: 'all clients start at once',
  random: 'clients start at random in the time that the file takes on a link',
  'random-twice': 'clients start at random in twice the time that the file takes on a link',
};

/**
 * Files of `examples/experiment` by name: the cells that `bench -- experiment --simulate` runs, as scenarios, and the fleet files of one and of
 * two servers. test/bench/experiment.test.ts holds the files equal to these, and writes them with `--update`.
 */
export function exampleFiles(): Readonly<Record<string, string>> {
  const { topology, schedule, links } = WORDS;
  const cells = cellsOf({ topology, schedule, links, ...GRID });
  const fleet = (serverCount: number) =>
    `# The objects of the scenarios beside this file. ${serverCount === 1 ? 'One server sends all of each level' : 'Each of two servers sends half of each level'}.\n${fleetOf({ file: 'file', linkBitsPerSecond: LINK_BITS_PER_SECOND }, SERVERS.slice(0, serverCount), LEVELS)}`;
  return {
    'fleet.yaml': fleet(1),
    'fleet-two.yaml': fleet(2),
    ...Object.fromEntries(
      cells.map((cell) => [`${cell.topology}-${cell.links}-${cell.schedule}.yaml`, exampleOf(cell)]),
    ),
  };
}

function exampleOf(cell: Cell): string {
  const idealSeconds = (sizeBytesOf(cell.size) * 8) / LINK_BITS_PER_SECOND;
  const startSeconds = startSecondsOf(cell.schedule, { clientCount: cell.clientCount, idealSeconds, run: 1 });
  const scenario = scenarioOf(cell, {
    fleet: 'fleet.yaml',
    servers: SERVERS.slice(0, 1),
    linkBitsPerSecond: LINK_BITS_PER_SECOND,
    idealSeconds,
    startSeconds,
  });
  return [
    '# yaml-language-server: $schema=../../config/scenario.schema.json',
    '#',
    `# ${TOPOLOGIES[cell.topology]}. ${LINKS[cell.links]};`,
    `# ${SCHEDULES[cell.schedule]}. 8 MB take ${idealSeconds} s on a link. docs/experiment.md says more.`,
    '',
    scenario,
  ].join('\n');
}
