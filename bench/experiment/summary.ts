import { meanOf, quantile } from '../rate/summary.js';
import { median } from '../table.js';
import { type Cell, cellOf, sizeBytesOf } from './cells.js';
import { isSlow, SLOW_SHARE } from './links.js';
import type { Result } from './result.js';

/** Figures of all runs of a cell with the same links. Times are over all clients of all runs; where one did not end, the slowest is undefined. */
export interface Summary {
  readonly name: string;
  readonly cell: Cell;
  readonly linkBitsPerSecond: number;
  readonly runCount: number;
  readonly clientCount: number;
  /** Clients that did not get the file. */
  readonly lostCount: number;
  /** size ÷ link, for the fast links. */
  readonly idealSeconds: number;
  readonly meanSeconds: number | undefined;
  readonly p50Seconds: number | undefined;
  readonly p95Seconds: number | undefined;
  readonly maxSeconds: number | undefined;
  readonly meanToMin: number | undefined;
  /** Mean over clients of the time ÷ (size ÷ the client's own link). */
  readonly meanToIdeal: number | undefined;
  /** Half the width of the 95 % interval of that mean, from the means of the runs; undefined for fewer than two runs. */
  readonly meanToIdealError: number | undefined;
  /** Slowest ÷ fastest of the clients with the same link, the worst run and link. */
  readonly slowestToFastest: number | undefined;
  /** Bytes that the servers sent ÷ size of the file. */
  readonly sentToSize: number;
  /** While clients received: bytes of the servers ÷ what one link carries in that time. */
  readonly serverLinkRatio: number;
  readonly serverCpuSeconds: number;
  /** Processor time of the servers for each second, so that short and long cells can be compared. */
  readonly serverCpuRatio: number;
  readonly serverMegabytes: number;
  readonly busyRatio: number;
  readonly load: number;
}

/** Summaries in the order of their first results. */
export function summariesOf(results: readonly Result[]): readonly Summary[] {
  const cells = new Map<string, Result[]>();
  for (const result of results) {
    const key = `${result.cell} ${result.linkBitsPerSecond}`;
    cells.set(key, [...(cells.get(key) ?? []), result]);
  }
  return [...cells.values()].map(summaryOf);
}

function summaryOf(runs: readonly Result[]): Summary {
  const { cell: name, linkBitsPerSecond } = runs[0]!;
  const cell = cellOf(name);
  const sizeBytes = sizeBytesOf(cell.size);
  const idealSeconds = (sizeBytes * 8) / linkBitsPerSecond;
  const all = runs.flatMap(({ seconds }) => seconds);
  const known = all.filter((value) => value !== null);
  const lostCount = all.length - known.length;
  const whole = lostCount === 0 ? known : undefined;
  const toIdeal = runs
    .map((run) => meanToIdeal(cell, run.seconds, idealSeconds))
    .filter((value) => value !== undefined);
  const of = (figure: (run: Result) => number) => median(runs.map(figure));
  return {
    name,
    cell,
    linkBitsPerSecond,
    runCount: runs.length,
    clientCount: cell.clientCount,
    lostCount,
    idealSeconds,
    meanSeconds: whole === undefined ? undefined : meanOf(whole),
    p50Seconds: known.length === 0 ? undefined : quantile(known, 0.5),
    p95Seconds: whole === undefined ? undefined : quantile(whole, 0.95),
    maxSeconds: whole === undefined ? undefined : Math.max(...whole),
    meanToMin: whole === undefined ? undefined : meanOf(whole) / Math.min(...whole),
    meanToIdeal: toIdeal.length < runs.length ? undefined : meanOf(toIdeal),
    meanToIdealError: toIdeal.length < 2 ? undefined : errorOf(toIdeal),
    slowestToFastest: lostCount > 0 ? undefined : Math.max(...runs.map((run) => spreadOf(cell, run.seconds))),
    sentToSize: of(({ serverBytes }) => serverBytes / sizeBytes),
    serverLinkRatio: of((run) => (run.serverBytes * 8) / run.lastedSeconds / linkBitsPerSecond),
    serverCpuSeconds: of(({ serverCpuSeconds }) => serverCpuSeconds),
    serverCpuRatio: of((run) => run.serverCpuSeconds / run.lastedSeconds),
    serverMegabytes: of(({ serverMegabytes }) => serverMegabytes),
    busyRatio: of(({ busyRatio }) => busyRatio),
    load: of(({ load }) => load),
  };
}

function meanToIdeal(cell: Cell, seconds: Result['seconds'], idealSeconds: number): number | undefined {
  const ratios = seconds.map((value, index) =>
    value === null ? undefined : value / (idealSeconds / (isSlow(cell, index) ? SLOW_SHARE : 1)),
  );
  return ratios.includes(undefined) ? undefined : meanOf(ratios as number[]);
}

function spreadOf(cell: Cell, seconds: Result['seconds']): number {
  const ratios = [true, false].map((slow) => {
    const same = seconds.filter((value, index) => value !== null && isSlow(cell, index) === slow) as number[];
    return same.length === 0 ? 1 : Math.max(...same) / Math.min(...same);
  });
  return Math.max(...ratios);
}

/** Student's t for 95 %, two-sided, by degrees of freedom from 1 on; beyond the list the normal distribution's. */
const STUDENT = [12.7, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];

/** Half the width of the 95 % interval of the mean. */
export function errorOf(values: readonly number[]): number {
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return (STUDENT[values.length - 2] ?? 1.96) * Math.sqrt(variance / values.length);
}
