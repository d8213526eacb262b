import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BarPanel, barPicture, type NamedRow } from '../bars.js';
import { type Links, type MethodName, WORDS } from './cells.js';
import { withTables } from './page-tables.js';
import type { Result } from './result.js';
import { type Summary, summariesOf } from './summary.js';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

/** Writes the pictures and the tables of docs/experiment.md. Nothing is written where the page does not say where its tables are. */
export async function drawExperiment(results: readonly Result[]): Promise<void> {
  const summaries = summariesOf(results);
  const page = `${docs}experiment.md`;
  const text = withTables(await readFile(page, 'utf8'), summaries);
  for (const links of WORDS.links) {
    const some = largestGroup(summaries.filter(({ cell }) => cell.links === links));
    if (some.length > 0) await writeFile(`${docs}images/experiment-${links}.svg`, timesPicture(links, some));
  }
  const onOneLan = summaries.filter(({ cell: { links, schedule, topology } }) => {
    return links === 'equal' && schedule === 'immediate' && topology === 'lan';
  });
  if (onOneLan.length > 0) await writeFile(`${docs}images/experiment-server.svg`, serverPicture(onOneLan));
  await writeFile(page, text);
}

/** Cells that differ only in what a picture compares: those with the number of clients, size and link that most cells have. */
function largestGroup(summaries: readonly Summary[]): readonly Summary[] {
  const groups = new Map<string, Summary[]>();
  for (const one of summaries) groups.set(scaleOf(one), [...(groups.get(scaleOf(one)) ?? []), one]);
  return [...groups.values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
}

function scaleOf({ cell, linkBitsPerSecond }: Summary): string {
  return `${cell.clientCount} clients, ${cell.size.replace(/(?=[MG]B)/, ' ')}, ${linkBitsPerSecond / 1e6} Mbit/s`;
}

/** Cells of one way of transfer. */
type Row = readonly Summary[];

/** Panel below panel the schedules, in each all ways of transfer, with a bar for each topology. */
function timesPicture(links: Links, summaries: readonly Summary[]): string {
  // Schedules and topologies that were not run have no panel and no bar.
  const has = (word: string) => summaries.some(({ cell }) => cell.schedule === word || cell.topology === word);
  const panels = WORDS.schedule.filter(has).map((schedule): BarPanel<Row> => {
    return {
      title: `Starts ${schedule}: mean ÷ ideal`,
      isApart: true,
      parts: WORDS.topology.filter(has).map((topology) => ({
        name: topology,
        of: (row) => row.find(({ cell }) => cell.topology === topology && cell.schedule === schedule)?.meanToIdeal,
      })),
    };
  });
  const title = `${scaleOf(summaries[0]!)}, ${links} links`;
  return barPicture(title, rowsOf(summaries), panels);
}

/** What a server sends for any number of clients on one LAN. */
function serverPicture(summaries: readonly Summary[]): string {
  const counts = [...new Set(summaries.map(({ clientCount }) => clientCount))].toSorted((a, b) => a - b);
  const parts = counts.map((count) => ({
    name: count === 1 ? '1 client' : `${count} clients`,
    of: (row: Row) => row.find(({ clientCount }) => clientCount === count)?.sentToSize,
  }));
  const panel: BarPanel<Row> = { title: 'Bytes that the server sent ÷ size of the file', parts, isApart: true };
  return barPicture('What clients cost the server: one LAN, starts at once', rowsOf(summaries), [panel]);
}

function rowsOf(summaries: readonly Summary[]): readonly NamedRow<Row>[] {
  const of = (method: MethodName) => summaries.filter(({ cell }) => cell.method === method);
  return WORDS.method.filter((method) => of(method).length > 0).map((name) => ({ name, row: of(name) }));
}
