import { LayercastError } from '../../dist/base/errors.js';

/** The words that a cell's name is made of, in their order; each list is complete. */
export const WORDS = {
  topology: ['lan', 'two-lans', 'four-a-lan', 'two-a-lan'],
  schedule: ['immediate', 'random', 'random-twice'],
  links: ['equal', 'unequal'],
  method: [
    'layercast',
    'layercast-two',
    'layercast-one-rate',
    'uftp',
    'uftp-slowest',
    'udpcast',
    'udpcast-slowest',
    'rsync',
    'http',
  ],
} as const;

export type Topology = (typeof WORDS.topology)[number];
export type Schedule = (typeof WORDS.schedule)[number];
export type Links = (typeof WORDS.links)[number];
export type MethodName = (typeof WORDS.method)[number];

/** One kind of transfer: what is compared. */
export interface Cell {
  readonly topology: Topology;
  readonly schedule: Schedule;
  readonly links: Links;
  readonly method: MethodName;
  readonly clientCount: number;
  /** Such as `32MB`; a megabyte has 10⁶ bytes. */
  readonly size: string;
}

/** Lists of what cells to run; a cell belongs to them if each of its words does. */
export interface Choice {
  readonly topology: readonly Topology[];
  readonly schedule: readonly Schedule[];
  readonly links: readonly Links[];
  readonly method: readonly MethodName[];
  readonly clientCounts: readonly number[];
  readonly sizes: readonly string[];
}

/** @example nameOf(cell) === 'two-lans/random/equal/layercast/8/32MB' */
export function nameOf({ topology, schedule, links, method, clientCount, size }: Cell): string {
  return [topology, schedule, links, method, clientCount, size].join('/');
}

/** @throws LayercastError `USAGE` for a text that `nameOf` never gives */
export function cellOf(name: string): Cell {
  const [topology = '', schedule = '', links = '', method = '', count = '', size = '', ...rest] = name.split('/');
  const clientCount = Number(count);
  sizeBytesOf(size);
  if (rest.length > 0 || !(Number.isInteger(clientCount) && clientCount > 0)) {
    throw new LayercastError('USAGE', `"${name}" is no cell`, { hint: 'such as lan/immediate/equal/http/8/32MB' });
  }
  return {
    topology: wordOf('topology', topology),
    schedule: wordOf('schedule', schedule),
    links: wordOf('links', links),
    method: wordOf('method', method),
    clientCount,
    size,
  };
}

/** All cells of a choice, so that the methods follow each other and meet the same machine. */
export function cellsOf(choice: Choice): readonly Cell[] {
  const { clientCounts, sizes } = choice;
  return sizes.flatMap((size) =>
    clientCounts.flatMap((clientCount) =>
      choice.links.flatMap((links) =>
        choice.schedule.flatMap((schedule) =>
          choice.topology.flatMap((topology) =>
            choice.method
              .map((method) => ({ topology, schedule, links, method, clientCount, size }))
              // With equal links the slowest link is every link.
              .filter((cell) => cell.links === 'unequal' || !cell.method.endsWith('-slowest')),
          ),
        ),
      ),
    ),
  );
}

/** @throws LayercastError `USAGE` for a word that is not in the list */
export function wordOf<Kind extends keyof typeof WORDS>(kind: Kind, word: string): (typeof WORDS)[Kind][number] {
  const known: readonly (typeof WORDS)[Kind][number][] = WORDS[kind];
  const found = known.find((one) => one === word);
  if (found !== undefined) return found;
  throw new LayercastError('USAGE', `no ${kind} is called "${word}"`, { hint: `one of: ${known.join(', ')}` });
}

/** @example sizeBytesOf('32MB') === 32e6 */
export function sizeBytesOf(size: string): number {
  const match = /^(\d+)(MB|GB)$/.exec(size);
  if (match !== null && Number(match[1]) > 0) return Number(match[1]) * (match[2] === 'GB' ? 1e9 : 1e6);
  throw new LayercastError('USAGE', `"${size}" is no size`, { hint: 'such as 32MB or 2GB' });
}

/** Whether each client has a connection of its own to the server, which carries the file once for each. */
export function isUnicast(method: MethodName): boolean {
  return method === 'rsync' || method === 'http';
}
