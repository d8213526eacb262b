import { parseArgs } from 'node:util';
import { LayercastError } from '../dist/base/errors.js';
import { requireIperf } from './rate-real/iperf.js';
import type { Leave } from './rate-real/play.js';
import type { Asked, Report, Row } from './rate-real/report.js';
import { alone } from './rate-real/rows/alone.js';
import { besideTcp } from './rate-real/rows/beside-tcp.js';
import { changing } from './rate-real/rows/changing.js';
import { kindsOfLinks } from './rate-real/rows/kinds-of-links.js';
import { many } from './rate-real/rows/many.js';
import { randomLoss } from './rate-real/rows/random-loss.js';
import { shared } from './rate-real/rows/shared.js';
import { twoServers } from './rate-real/rows/two-servers.js';
import { wholeObject } from './rate-real/rows/whole-object.js';

const rows: Readonly<Record<string, Row>> = {
  a: alone,
  b: changing,
  c: shared,
  d: besideTcp,
  e: randomLoss,
  f: twoServers,
  g: many,
  h: wholeObject,
  i: kindsOfLinks,
};

/**
 * Measures rate control with real processes between hosts in namespaces: bottlenecks, leave latency, TCP on the same link. Prints the
 * tables at the end. After an interruption it prints the finished rows; Ctrl-C also ends all processes and removes the hosts.
 *
 * Arguments: `--rows a,b,…` (all), `--seconds N` for each run (a row's own), `--rates 0.5,7` in Mbit/s and `--queues 20,100`
 * in ms (a row's own), `--leave fast|slow` (both in row a), `--logs DIR` for a log of each run in the form of
 * `simulate --json`, `--told` for receivers that are told the best level instead of finding it, `--whole` for 100 MB in all of row h,
 * `--net batch|dgram` for the port that receivers use. For row i: `--only tbf-16kB,fqCodel` for the links whose names begin so,
 * `--runs N` for the median of so many, `--traces FILE,…` for links with the capacity that a file has.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: text,
      only: text,
      runs: { ...text, default: '1' },
      traces: text,
      net: text,
      seconds: text,
      rates: text,
      queues: text,
      leave: text,
      logs: text,
      told: flag,
      whole: flag,
    },
  });
  const letters = values.rows ?? (values.only === undefined ? Object.keys(rows).join(',') : 'i');
  const wanted = letters.split(',').map((letter) => [letter, named(letter)] as const);
  if (/[di]/.test(letters)) requireIperf();
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const asked: Asked = {
    seconds: numbers('seconds', values.seconds)?.[0],
    rates: numbers('rates', values.rates)?.map((rate) => rate * 1e6),
    queuesMs: numbers('queues', values.queues),
    leaves: values.leave === undefined ? ['slow', 'fast'] : [leaveOf(values.leave)],
    logs: values.logs,
    told: values.told,
    whole: values.whole,
    only: values.only?.split(','),
    traces: values.traces?.split(','),
    runs: numbers('runs', values.runs)![0]!,
    net: values.net === undefined ? undefined : netOf(values.net),
    signal: interruption.signal,
    say: (what) => console.error(what),
  };
  const reports: [string, Report][] = [];
  try {
    for (const [letter, row] of wanted) reports.push([letter, await row(asked)]);
  } finally {
    for (const [, { title, text: table }] of reports) console.log(`\n${title}\n\n${table}`);
  }
  return { told: values.told, rows: Object.fromEntries(reports.map(([letter, { figures }]) => [letter, figures])) };
}

function named(letter: string): Row {
  const row = rows[letter];
  if (row !== undefined) return row;
  throw new LayercastError('USAGE', `no row is called "${letter}"`, { hint: `of ${Object.keys(rows).join(',')}` });
}

function numbers(option: string, text: string | undefined): readonly number[] | undefined {
  const found = text?.split(',').map(Number);
  if (found === undefined || found.every((value) => value > 0)) return found;
  throw new LayercastError('USAGE', `--${option} ${text} has no amount above 0`);
}

function leaveOf(text: string): Leave {
  if (text === 'fast' || text === 'slow') return text;
  throw new LayercastError('USAGE', `--leave ${text} is neither fast nor slow`);
}

function netOf(text: string): string {
  if (text === 'batch' || text === 'dgram') return text;
  throw new LayercastError('USAGE', `--net ${text} is neither batch nor dgram`);
}
