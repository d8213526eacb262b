import { LayercastError } from '../../dist/base/errors.js';
import { type Links, sizeBytesOf, WORDS } from './cells.js';
import type { Summary } from './summary.js';

/** What stands between two such lines of a page is made here. */
const MADE = /(<!-- made by --draw -->\n)[\s\S]*?(<!-- end of what --draw makes -->)/g;

const TITLES: Readonly<Record<Links, string>> = { equal: 'Equal links', unequal: 'Every third link ten times slower' };

/**
 * The page with its tables made anew: the times between the first marks, every cell between the second.
 * @throws LayercastError `FILE_IO` for a page that does not say where they belong
 */
export function withTables(page: string, summaries: readonly Summary[]): string {
  const parts = [timesTable, cellsTable].map((table) => byLinks(summaries, table));
  if (page.match(MADE)?.length !== parts.length) {
    throw new LayercastError('FILE_IO', 'docs/experiment.md does not say where its tables are', {
      hint: 'put "<!-- made by --draw -->" and "<!-- end of what --draw makes -->" around each of the two, on lines of their own',
    });
  }
  return page.replace(MADE, (_, begin: string, end: string) => `${begin}\n${parts.shift() ?? ''}\n${end}`);
}

function byLinks(summaries: readonly Summary[], table: (some: readonly Summary[]) => string): string {
  return WORDS.links
    .map((links) => ({ links, some: summaries.filter(({ cell }) => cell.links === links).toSorted(bySituation) }))
    .filter(({ some }) => some.length > 0)
    .map(({ links, some }) => `**${TITLES[links]}**\n\n${table(some)}`)
    .join('\n');
}

const SITUATION = ['clients', 'size', 'Mbit/s', 'starts', 'topology'] as const;

/** What is the same for all ways of transfer that are compared. */
function situationOf({ cell, linkBitsPerSecond }: Summary): readonly string[] {
  const { clientCount, size, schedule, topology } = cell;
  const spaced = size.replace(/(?=[MG]B)/, ' ');
  return [String(clientCount), spaced, String(linkBitsPerSecond / 1e6), schedule, topology];
}

function bySituation(a: Summary, b: Summary): number {
  const [first, second] = [placeOf(a), placeOf(b)];
  return first.map((value, index) => value - second[index]!).find((difference) => difference !== 0) ?? 0;
}

function placeOf({ cell, linkBitsPerSecond }: Summary): readonly number[] {
  const { clientCount, size, schedule, topology, method } = cell;
  const words = [WORDS.schedule.indexOf(schedule), WORDS.topology.indexOf(topology), WORDS.method.indexOf(method)];
  return [clientCount, sizeBytesOf(size), linkBitsPerSecond, ...words];
}

/** A row for each situation, a column for each way of transfer. */
function timesTable(summaries: readonly Summary[]): string {
  const methods = WORDS.method.filter((name) => summaries.some(({ cell }) => cell.method === name));
  const situations = new Set(summaries.map((one) => situationOf(one).join()));
  const rows = [...situations].map((situation) => {
    const group = summaries.filter((one) => situationOf(one).join() === situation);
    const times = methods.map((method) => {
      const found = group.find(({ cell }) => cell.method === method);
      return found === undefined ? '' : timesOf(found);
    });
    return [...situationOf(group[0]!), seconds(group[0]!.idealSeconds), ...times];
  });
  return markdown([...SITUATION, 'size ÷ link', ...methods], rows);
}

/** A row for each cell, with all figures. */
function cellsTable(summaries: readonly Summary[]): string {
  const heads = [
    ...[...SITUATION, 'way', 'runs', 'p50 s', 'p95 s', 'max s', 'mean ÷ min', 'mean ÷ ideal', 'slowest ÷ fastest'],
    ...['sent ÷ size', 'server CPU', 'server MB', 'busy'],
  ];
  const rows = summaries.map((one) => [
    ...[...situationOf(one), one.cell.method, String(one.runCount)],
    ...[
      seconds(one.p50Seconds),
      seconds(one.p95Seconds),
      lossesOf(one) ?? seconds(one.maxSeconds),
      ratio(one.meanToMin),
    ],
    one.meanToIdealError === undefined
      ? ratio(one.meanToIdeal)
      : `${ratio(one.meanToIdeal)} ± ${ratio(one.meanToIdealError)}`,
    ...[ratio(one.slowestToFastest), ratio(one.sentToSize)],
    ...[digits(one.serverCpuRatio, 3), digits(one.serverMegabytes, 0), ratio(one.busyRatio)],
  ]);
  return markdown(heads, rows);
}

function timesOf(one: Summary): string {
  return lossesOf(one) ?? `${seconds(one.meanSeconds)}, ${seconds(one.maxSeconds)}`;
}

/** Instead of a time, where some clients never got the file. */
function lossesOf({ lostCount, runCount, clientCount }: Summary): string | undefined {
  return lostCount === 0 ? undefined : `${lostCount} of ${runCount * clientCount} without the file`;
}

function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(heads)}${line(heads.map(() => '---'))}${rows.map(line).join('')}`;
}

function seconds(value: number | undefined): string {
  return digits(value, value !== undefined && value < 100 ? 1 : 0);
}

function ratio(value: number | undefined): string {
  return digits(value, 2);
}

/** What could not be measured is null in a file of results, or comes out of a division by nothing. */
function digits(value: number | undefined, behindPoint: number): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(behindPoint);
}
