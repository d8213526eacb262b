// Simulates the schedule: overhead and time of receivers that come at any moment, for every row of the table.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LayercastError } from '../dist/base/errors.js';
import { measurePasses, passesChart } from './schedule/passes.js';
import { seedOf } from './schedule/random.js';
import { type Reception, receive } from './schedule/reception.js';
import { gridRows, type Row, transmissionOf } from './schedule/rows.js';
import type { Transmission } from './schedule/transmission.js';
import { table } from './table.js';

/** Sizes, and how many receivers of each size start with a code and without: few of the large ones, which take long. */
const SIZES = [
  { sizeBytes: 1e6, name: '1 MB', coded: 40, plain: 20, quick: 10 },
  { sizeBytes: 10e6, name: '10 MB', coded: 40, plain: 10, quick: 5 },
  { sizeBytes: 100e6, name: '100 MB', coded: 20, plain: 3, quick: 2 },
  { sizeBytes: 310e6, name: '310 MB', coded: 8, plain: 1, quick: 0 },
  { sizeBytes: 1e9, name: '1 GB', coded: 3, plain: 1, quick: 0 },
  { sizeBytes: 10e9, name: '10 GB', coded: 1, plain: 0, quick: 0 },
] as const;
/** Objects of this size have ten times as many symbols, so only the lowest and the highest of several levels run. */
const HUGE_BYTES = 5e9;
const TARGET_TIME_RATIO = 1.05;
const CHART = fileURLToPath(new URL('../docs/images/passes.svg', import.meta.url));

interface Figures {
  readonly runs: number;
  readonly meanOverhead: number;
  readonly worstOverhead: number;
  readonly meanTimeRatio: number;
  readonly worstTimeRatio: number;
}

interface Measured {
  readonly situation: string;
  readonly loss: string;
  readonly size: string;
  readonly sizeBytes: number;
  readonly targetOverhead: number;
  readonly coded: Figures;
  readonly plain: Figures | undefined;
  /**
   * `mean`: the mean overhead keeps to the target, but not the overhead of every run. For time only the mean counts, because a short
   * run may lose more than p by chance.
   */
  readonly met: 'yes' | 'mean' | 'no';
}

/**
 * Simulates the sender's own orders and ring, with receivers that begin at random moments. Each situation runs with a code and as a
 * plain carousel (`code: none`, offsets left to the planner). Writes docs/images/passes.svg.
 *
 * Arguments: `--seed N` (1), `--quick` (sizes up to 100 MB, few runs, no picture), `--size NAME` for one of the sizes,
 * `--only TEXT` for situations that contain this text.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      size: { type: 'string' },
      only: { type: 'string', default: '' },
    },
  });
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new LayercastError('USAGE', `"${values.seed}" is no seed: a whole number`);
  const sizes = SIZES.filter(({ name, quick }) => name === (values.size ?? name) && (!values.quick || quick > 0));
  // A row has the same seed whichever other rows run.
  const grid = gridRows().map((row, index) => ({ row, index }));
  const situations = grid.filter(({ row }) => row.situation.includes(values.only));
  console.log(`seed ${seed}; overheads in %, time as a multiple of F / (R (1 - p)); met "mean": some runs are above\n`);
  const rows = situations.flatMap(({ row, index }) =>
    sizes.map((size) => {
      const { coded, plain } = values.quick ? { coded: size.quick, plain: Math.min(1, size.quick) } : size;
      return measure(row, size, { coded, plain }, seedOf(seed, index, size.sizeBytes));
    }),
  );
  console.log(tableOf(rows));
  const isWhole = !values.quick && values.size === undefined && values.only === '';
  const passes = measurePasses(seed, values.quick ? 1 : 20);
  console.log(`\npasses over 100 MB\n${passesTable(passes)}`);
  if (isWhole) {
    await mkdir(dirname(CHART), { recursive: true });
    await writeFile(CHART, passesChart(passes));
  }
  return { seed, rows, passes };
}

function measure(
  row: Row,
  { sizeBytes, name }: { readonly sizeBytes: number; readonly name: string },
  runs: { readonly coded: number; readonly plain: number },
  seed: number,
): Measured {
  const coded = figuresOf(row, transmissionOf(row, sizeBytes, 'raptorq'), runs.coded, seed);
  const isMet = (overhead: number) => overhead <= row.targetOverhead && coded.meanTimeRatio <= TARGET_TIME_RATIO;
  return {
    situation: row.situation,
    loss: row.loss,
    size: name,
    sizeBytes,
    targetOverhead: row.targetOverhead,
    coded,
    plain: runs.plain === 0 ? undefined : figuresOf(row, transmissionOf(row, sizeBytes, 'none'), runs.plain, seed),
    met: isMet(coded.worstOverhead) ? 'yes' : isMet(coded.meanOverhead) ? 'mean' : 'no',
  };
}

function figuresOf(row: Row, transmission: Transmission, runsPerLevel: number, seed: number): Figures {
  const isHuge = transmission.geometry.sizeBytes >= HUGE_BYTES;
  const levels = isHuge ? [...new Set([row.levels[0]!, row.levels.at(-1)!])] : row.levels;
  const receptions: Reception[] = levels.flatMap((level, index) =>
    Array.from({ length: runsPerLevel }, (_, i) =>
      receive(transmission, level, row.lossOf, row.lossRatio, seedOf(seed, index, i)),
    ),
  );
  const [overheads, times] = [receptions.map(({ overhead }) => overhead), receptions.map(({ timeRatio }) => timeRatio)];
  return {
    runs: receptions.length,
    meanOverhead: mean(overheads),
    worstOverhead: Math.max(...overheads),
    meanTimeRatio: mean(times),
    worstTimeRatio: Math.max(...times),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function tableOf(rows: readonly Measured[]): string {
  const percent = (ratio: number | undefined) => (ratio === undefined ? '-' : (ratio * 100).toFixed(2));
  const whole = (ratio: number | undefined) => (ratio === undefined ? '-' : (ratio * 100).toFixed(0));
  return table(rows, [
    { title: 'situation', cell: (row) => row.situation },
    { title: 'loss', cell: (row) => row.loss },
    { title: 'size', cell: (row) => row.size },
    { title: 'runs', cell: (row) => row.coded.runs },
    { title: 'mean', cell: (row) => percent(row.coded.meanOverhead) },
    { title: 'worst', cell: (row) => percent(row.coded.worstOverhead) },
    { title: 'target', cell: (row) => percent(row.targetOverhead) },
    { title: 'time', cell: (row) => row.coded.meanTimeRatio.toFixed(3) },
    { title: 'worst', cell: (row) => row.coded.worstTimeRatio.toFixed(3) },
    { title: 'met', cell: (row) => row.met },
    { title: 'plain', cell: (row) => whole(row.plain?.meanOverhead) },
    { title: 'worst', cell: (row) => whole(row.plain?.worstOverhead) },
  ]);
}

function passesTable(series: ReturnType<typeof measurePasses>): string {
  const percents = series[0]!.points.map(([percent]) => percent);
  return table(
    percents.map((percent, index) => ({ percent, index })),
    [
      { title: 'loss %', cell: ({ percent }) => percent },
      ...series.map(({ name, points }) => ({
        title: name,
        cell: ({ index }: { readonly index: number }) => points[index]![1].toFixed(2),
      })),
    ],
  );
}
