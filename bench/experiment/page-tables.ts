import { WORDS } from './cells.js';
import type { Summary } from './summary.js';

/** Tables in Markdown: times by topology for each scale, kind of links and schedule, then every cell with all figures. */
export function tablesOf(summaries: readonly Summary[]): string {
  return `${timesTables(summaries)}\n### Every cell\n\n${cellsTable(summaries)}`;
}

function timesTables(summaries: readonly Summary[]): string {
  const groups = new Map<string, Summary[]>();
  for (const one of summaries) {
    const { schedule, links, clientCount, size } = one.cell;
    const title = `${clientCount} client${clientCount === 1 ? '' : 's'}, ${size}, ${links} links of ${one.linkBitsPerSecond / 1e6} Mbit/s, starts ${schedule}`;
    groups.set(title, [...(groups.get(title) ?? []), one]);
  }
  return [...groups].map(([title, group]) => timesTable(title, group)).join('');
}

function timesTable(title: string, group: readonly Summary[]): string {
  const topologies = WORDS.topology.filter((name) => group.some(({ cell }) => cell.topology === name));
  const methods = WORDS.method.filter((name) => group.some(({ cell }) => cell.method === name));
  const rows = methods.map((method) => {
    const cells = topologies.map((topology) => {
      const found = group.find(({ cell }) => cell.topology === topology && cell.method === method);
      return found === undefined ? '' : timesOf(found);
    });
    return [method, ...cells];
  });
  const ideal = `size ÷ link is ${digits(group[0]!.idealSeconds)} s`;
  return `**${title}** (mean, slowest in s; ${ideal}):\n\n${markdown(['way', ...topologies], rows)}\n`;
}

function timesOf({ meanSeconds, maxSeconds, lostCount, runCount, clientCount }: Summary): string {
  if (lostCount > 0) return `${lostCount} of ${runCount * clientCount} without the file`;
  return `${digits(meanSeconds)}, ${digits(maxSeconds)}`;
}

function cellsTable(summaries: readonly Summary[]): string {
  const heads = [
    ...['cell', 'Mbit/s', 'runs', 'without the file', 'p50 s', 'p95 s', 'max s', 'mean ÷ min', 'mean ÷ ideal', '±'],
    ...['slowest ÷ fastest', 'sent ÷ size', 'server CPU s', 'CPU s each s', 'server MB', 'processors busy'],
  ];
  const rows = summaries.map((one) => [
    ...[one.name, digits(one.linkBitsPerSecond / 1e6), String(one.runCount), String(one.lostCount)],
    ...[one.p50Seconds, one.p95Seconds, one.maxSeconds, one.meanToMin].map(digits),
    ...[one.meanToIdeal, one.meanToIdealError, one.slowestToFastest, one.sentToSize].map(digits),
    ...[one.serverCpuSeconds, one.serverCpuRatio, one.serverMegabytes, one.busyRatio].map(digits),
  ]);
  return markdown(heads, rows);
}

function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(heads)}${line(heads.map(() => '---'))}${rows.map(line).join('')}`;
}

/** Three digits that count, at most two behind the point. */
function digits(value: number | undefined): string {
  if (value === undefined) return '–';
  return value.toLocaleString('en', value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });
}
