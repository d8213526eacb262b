import { existsSync } from 'node:fs';
import { access, constants, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { LayercastError } from '../dist/base/errors.js';
import { systemError } from '../dist/base/system-error.js';
import { type Cell, type Choice, cellsOf, nameOf, sizeBytesOf, WORDS, wordOf } from './experiment/cells.js';
import { drawExperiment } from './experiment/draw.js';
import { missingFor } from './experiment/methods.js';
import { play } from './experiment/play.js';
import { ResultsFile } from './experiment/results-file.js';
import { isSimulated, playSimulated } from './experiment/simulated.js';
import { type Summary, summariesOf } from './experiment/summary.js';
import { type Column, table } from './table.js';

/** A file system in memory, so that not the disk is measured. */
const MEMORY = '/dev/shm';
/** Links that carry a file in 13 s up to 32 MB; larger files have faster links. All are slow enough for 8 clients on two processors. */
const DEFAULT_LINKS = [
  { upToBytes: 32e6, megabits: 20 },
  { upToBytes: 1e9, megabits: 100 },
  { upToBytes: Number.POSITIVE_INFINITY, megabits: 200 },
] as const;

/** Clients that take so much longer than they may for the size of the file are late. */
const GRACE_SECONDS = 20;

/**
 * One file to many clients, by multicast and by unicast, over routers, with starts at once and at random. docs/experiment.md explains it.
 *
 * Arguments, lists with commas: `--topology lan,…`, `--schedule immediate,…`, `--links equal,unequal`, `--method layercast,…`, `--clients 8`,
 * `--size 32MB`; `--link N` in Mbit/s (by size); `--runs N` (1); `--results FILE` (experiment.jsonl): what is there already is not run again;
 * `--at-once N` cells (1); `--logs DIR` for what each second was like; `--dir DIR` for the files (a file system in memory where there is one);
 * `--minutes N`: begin no cell later; `--simulate`: run the cells of layercast in virtual time instead, which needs a file of results of its own; `--list`: only say which cells are left; `--draw`: run nothing, and write the pictures and the tables of docs/experiment.md.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const settings = settingsOf(args);
  const file = await ResultsFile.open(settings.results);
  if (file.otherCount > 0)
    console.error(`${settings.results}: ${file.otherCount} lines are no results of this experiment`);
  if (settings.draws) {
    if (file.results.length === 0) {
      throw new LayercastError('USAGE', `there is nothing to draw in ${settings.results}`, {
        hint: 'run some cells first, or name a file that has results with --results',
      });
    }
    await drawExperiment(file.results);
    return { results: settings.results };
  }
  const chosen = cellsOf(settings.choice);
  const cells = settings.simulates ? chosen.filter(({ method }) => isSimulated(method)) : withoutMissing(chosen);
  const tasks = Array.from({ length: settings.runs }, (_, index) => index + 1).flatMap((run) =>
    cells
      .map((cell) => ({ cell, run, linkBitsPerSecond: settings.linkMegabits(cell) * 1e6 }))
      .filter(({ cell, linkBitsPerSecond }) => !file.has(nameOf(cell), linkBitsPerSecond, run)),
  );
  if (settings.lists) {
    for (const { cell, run } of tasks) console.log(`${nameOf(cell)} run ${run}`);
    return { left: tasks.length };
  }
  if (tasks.length > 0) {
    await file.requireWritable();
    await requirePlaces(settings);
  }
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new LayercastError('ABORTED', 'interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const endMs = performance.now() + settings.minutes * 60_000;
  const failures: string[] = [];
  const work = async () => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      if (interruption.signal.aborted || performance.now() > endMs) return;
      const name = `${nameOf(task.cell)} run ${task.run}`;
      try {
        const { cell, ...playing } = task;
        const { signal } = interruption;
        const result = settings.simulates
          ? await playSimulated(cell, playing.run, playing.linkBitsPerSecond, signal)
          : await play(cell, { ...playing, ...settings, graceSeconds: GRACE_SECONDS, signal });
        // Without results, what else runs is in vain.
        await file.add(result).catch((error: unknown) => {
          interruption.abort(error);
          throw error;
        });
        console.error(`${name}: ${lineOf(summariesOf([result])[0]!)}`);
      } catch (error) {
        failures.push(`${name}: ${(error as Error).message}`);
        console.error(failures.at(-1));
      }
    }
  };
  await Promise.all(Array.from({ length: settings.atOnce }, work));
  const wanted = new Set(cells.map((cell) => `${nameOf(cell)} ${settings.linkMegabits(cell) * 1e6}`));
  const summaries = summariesOf(file.results.filter((one) => wanted.has(`${one.cell} ${one.linkBitsPerSecond}`)));
  console.log(table(summaries, COLUMNS));
  for (const failure of failures) console.log(`\nfailed: ${failure}`);
  if (failures.length > 0 || interruption.signal.aborted) process.exitCode = 1;
  return { summaries, failures };
}

const COLUMNS: readonly Column<Summary>[] = [
  { title: 'cell', cell: ({ name }) => name },
  { title: 'Mbit/s', cell: ({ linkBitsPerSecond }) => linkBitsPerSecond / 1e6 },
  { title: 'runs', cell: ({ runCount }) => runCount },
  { title: 'lost', cell: ({ lostCount }) => lostCount },
  { title: 'mean s', cell: ({ meanSeconds }) => meanSeconds },
  { title: 'p50', cell: ({ p50Seconds }) => p50Seconds },
  { title: 'p95', cell: ({ p95Seconds }) => p95Seconds },
  { title: 'max', cell: ({ maxSeconds }) => maxSeconds },
  { title: 'mean ÷ min', cell: ({ meanToMin }) => meanToMin },
  { title: 'mean ÷ ideal', cell: ({ meanToIdeal }) => meanToIdeal },
  { title: '±', cell: ({ meanToIdealError }) => meanToIdealError },
  { title: 'slowest ÷ fastest', cell: ({ slowestToFastest }) => slowestToFastest },
  { title: 'sent ÷ size', cell: ({ sentToSize }) => sentToSize },
  { title: 'server CPU', cell: ({ serverCpuRatio }) => serverCpuRatio },
  { title: 'MB', cell: ({ serverMegabytes }) => serverMegabytes },
  { title: 'busy', cell: ({ busyRatio }) => busyRatio },
];

function lineOf({ meanSeconds, maxSeconds, meanToIdeal, lostCount, sentToSize, busyRatio }: Summary): string {
  const shown = (value: number | undefined) => value?.toFixed(2) ?? '-';
  const times = `mean ${shown(meanSeconds)} s, max ${shown(maxSeconds)} s, mean ÷ ideal ${shown(meanToIdeal)}`;
  return `${times}, ${lostCount} without the file, sent ÷ size ${shown(sentToSize)}, processors ${shown(busyRatio)} busy`;
}

/** Leaves out cells with programs that this machine does not have, and says so. */
function withoutMissing(cells: readonly Cell[]): readonly Cell[] {
  const missing = new Map(
    [...new Set(cells.map(({ method }) => method))].map((method) => [method, missingFor(method)]),
  );
  for (const [method, packages] of missing)
    if (packages.length > 0) console.error(`without ${method}: apt-get install ${packages.join(' ')}`);
  return cells.filter(({ method }) => missing.get(method)!.length === 0);
}

/** @throws LayercastError the system's reason why there can be no logs or no files of cells */
async function requirePlaces({ logs, dir, simulates }: Settings): Promise<void> {
  try {
    if (logs !== undefined) await mkdir(logs, { recursive: true });
  } catch (error) {
    throw systemError(error, 'make', logs!);
  }
  if (simulates) return;
  await access(dir, constants.W_OK).catch((error: unknown) => {
    throw systemError(error, 'write to', dir);
  });
}

interface Settings {
  readonly choice: Choice;
  readonly linkMegabits: (cell: Cell) => number;
  readonly runs: number;
  readonly results: string;
  readonly atOnce: number;
  readonly logs: string | undefined;
  readonly dir: string;
  readonly minutes: number;
  readonly lists: boolean;
  readonly draws: boolean;
  readonly simulates: boolean;
}

function settingsOf(args: readonly string[]): Settings {
  const text = (standard: string) => ({ type: 'string', default: standard }) as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      topology: text(WORDS.topology.join(',')),
      schedule: text(WORDS.schedule.join(',')),
      links: text(WORDS.links.join(',')),
      method: text(WORDS.method.join(',')),
      clients: text('8'),
      size: text('32MB'),
      link: { type: 'string' },
      runs: text('1'),
      results: text('experiment.jsonl'),
      'at-once': text('1'),
      logs: { type: 'string' },
      dir: text(existsSync(MEMORY) ? MEMORY : tmpdir()),
      minutes: text('1440'),
      list: flag,
      draw: flag,
      simulate: flag,
    },
  });
  const link = values.link === undefined ? undefined : amount('link', values.link);
  if (values.list && values.draw)
    throw new LayercastError('USAGE', '--list runs nothing and writes nothing, --draw writes');
  const sizes = listed(values.size);
  sizes.forEach(sizeBytesOf);
  return {
    choice: {
      topology: words('topology', values.topology),
      schedule: words('schedule', values.schedule),
      links: words('links', values.links),
      method: words('method', values.method),
      clientCounts: listed(values.clients).map((count) => wholeAmount('clients', count)),
      sizes,
    },
    linkMegabits: ({ size }) => link ?? DEFAULT_LINKS.find(({ upToBytes }) => sizeBytesOf(size) <= upToBytes)!.megabits,
    runs: wholeAmount('runs', values.runs),
    results: values.results,
    atOnce: wholeAmount('at-once', values['at-once']),
    logs: values.logs,
    dir: values.dir,
    minutes: amount('minutes', values.minutes),
    lists: values.list,
    draws: values.draw,
    simulates: values.simulate,
  };
}

function words<Kind extends keyof typeof WORDS>(kind: Kind, list: string): readonly (typeof WORDS)[Kind][number][] {
  return listed(list).map((word) => wordOf(kind, word));
}

/** What a list with commas names; what it names twice is run once. */
function listed(list: string): readonly string[] {
  return [...new Set(list.split(','))];
}

function wholeAmount(option: string, text: string): number {
  const value = amount(option, text);
  if (Number.isInteger(value)) return value;
  throw new LayercastError('USAGE', `--${option} ${text} is no whole number`);
}

function amount(option: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new LayercastError('USAGE', `--${option} ${text} is no amount above 0`);
}
